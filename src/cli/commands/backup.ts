import { OperatorError } from '../../platform/operator-error.ts';
import { isPostgres } from '../../storage/open.ts';
import { backupDatabase } from '../../storage/sqlite/backup.ts';
import type { Command } from '../command.ts';
import { existingFile } from '../operator.ts';

export const command: Command = {
  operands: ['FILE'],
  about: `Writes a consistent copy of the database to FILE, which must not exist. The
server can keep running. Restore the copy with "postern restore".`,
  async run({ config, operand, terminal }) {
    const target = operand('FILE');
    const { databaseUrl } = config();
    if (isPostgres(databaseUrl)) {
      throw new OperatorError(
        'This command backs up SQLite only. For PostgreSQL, use its own tools, such as pg_dump.',
      );
    }
    backupDatabase(existingFile(databaseUrl), target);
    terminal.print(`Wrote ${target}.`);
  },
};
