import type { Config } from '../../config.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import {
  finishRestore,
  type PostRestore,
  type RestoreChoice,
} from '../../services/maintenance/post-restore.ts';
import { databaseFile, isPostgres } from '../../storage/database.ts';
import { markAsIs, restoreDatabase } from '../../storage/sqlite/restore.ts';
import { type Command, UsageError } from '../command.ts';
import { servicesOver } from '../operator.ts';

function restore(config: Config, backup: string, choice: RestoreChoice): Promise<PostRestore> {
  if (isPostgres(config.databaseUrl)) {
    throw new OperatorError(
      'This restores an SQLite file: restore PostgreSQL by its own means, such as pg_restore.',
    );
  }
  return restoreDatabase(backup, databaseFile(config.databaseUrl), async (handle) => {
    if (choice === 'AS_IS') markAsIs(handle);
    return finishRestore(servicesOver(handle, config), choice);
  });
}

function since({ knowsUntil }: PostRestore): string {
  return knowsUntil === null
    ? 'It is empty.'
    : `It knows nothing after ${new Date(knowsUntil).toISOString()}.`;
}

export const command: Command = {
  operands: ['FILE'],
  options: {
    reissue: { about: 'Revoke every token, end every session, delete every invitation.' },
    'as-is': { about: 'Accept every secret that worked when the backup was made.' },
  },
  about: `Restores a backup to DATABASE_URL, where there must be no database yet. What
was revoked, deleted or replaced after the backup was made works again in it,
unknown to anybody; so say what is to become of its secrets: --reissue refuses
all of them, and the tokens stay to be regenerated; --as-is accepts them, with a
warning in every audit log and in the server's. With either, passwords, roles
and members are those of the backup: compare them with what you know.`,
  async run(call) {
    if (call.has('reissue') === call.has('as-is')) throw new UsageError('Give either --reissue or --as-is.');
    const choice = call.has('reissue') ? 'REISSUE' : 'AS_IS';
    const backup = call.operand('FILE');
    const restoring = await restore(call.config(), backup, choice);
    const { revokedTokens, endedSessions, deletedInvitations } = restoring;
    call.terminal.print(`Restored ${backup}. ${since(restoring)}`);
    if (choice === 'REISSUE') {
      call.terminal.print(
        `Tokens revoked: ${revokedTokens}. Sessions ended: ${endedSessions}. Invitations deleted: ${deletedInvitations}.`,
      );
    } else {
      call.terminal.tell('Warning: whatever was revoked, deleted or replaced after that works again.');
    }
    call.terminal.tell('Passwords, roles and members are those of the backup.');
  },
};
