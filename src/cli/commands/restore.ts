import type { Config } from '../../config.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import {
  finishRestore,
  type PostRestore,
  type RestoreChoice,
} from '../../services/maintenance/post-restore.ts';
import { databaseFile, isPostgres } from '../../storage/open.ts';
import { markRestoredUnchanged, restoreDatabase } from '../../storage/restore.ts';
import { type Command, UsageError } from '../command.ts';
import { servicesOver } from '../operator.ts';

function restore(config: Config, backup: string, choice: RestoreChoice): Promise<PostRestore> {
  if (isPostgres(config.databaseUrl)) {
    throw new OperatorError(
      'This command restores SQLite only. For PostgreSQL, use its own tools, such as pg_restore.',
    );
  }
  return restoreDatabase(backup, databaseFile(config.databaseUrl), async (handle) => {
    if (choice === 'AS_IS') markRestoredUnchanged(handle);
    const { changes } = servicesOver(handle, config);
    return finishRestore({ db: handle.db, changes }, choice);
  });
}

function newestEntry({ knowsUntil }: PostRestore): string {
  return knowsUntil === null
    ? 'It is empty.'
    : `It contains nothing newer than ${new Date(knowsUntil).toISOString()}.`;
}

export const command: Command = {
  operands: ['FILE'],
  options: {
    reissue: { about: 'Revoke every token, end every session, delete every invitation.' },
    'as-is': { about: 'Accept every secret that was valid when the backup was made.' },
  },
  about: `Restores a backup to DATABASE_URL, where no database must exist yet. Secrets
that were revoked, deleted or replaced after the backup would work again, so you
must choose what happens to them. --reissue invalidates every secret; the tokens
remain and can be regenerated. --as-is accepts every secret and writes a warning
to each audit log and to the server log. Either way, passwords, roles and
members are those of the backup: check them.`,
  async run(call) {
    if (call.has('reissue') === call.has('as-is')) throw new UsageError('Give either --reissue or --as-is.');
    const choice = call.has('reissue') ? 'REISSUE' : 'AS_IS';
    const backup = call.operand('FILE');
    const restored = await restore(call.config(), backup, choice);
    const { revokedTokens, endedSessions, deletedInvitations } = restored;
    call.terminal.print(`Restored ${backup}. ${newestEntry(restored)}`);
    if (choice === 'REISSUE') {
      call.terminal.print(
        `Tokens revoked: ${revokedTokens}. Sessions ended: ${endedSessions}. Invitations deleted: ${deletedInvitations}.`,
      );
    } else {
      call.terminal.report('Warning: secrets that were revoked, deleted or replaced since then work again.');
    }
    call.terminal.report('Passwords, roles and members are those of the backup.');
  },
};
