import { OperatorError } from '../../platform/operator-error.ts';
import { isPostgres } from '../../storage/database.ts';
import { backupDatabase } from '../../storage/sqlite/backup.ts';
import type { Command } from '../command.ts';
import { existingFile } from '../operator.ts';

export const command: Command = {
  operands: ['FILE'],
  about: `Writes a consistent copy of the database to FILE, which must not exist yet. The
server may run meanwhile. "postern restore" brings it back.`,
  async run({ config, operand, terminal }) {
    const target = operand('FILE');
    const { databaseUrl } = config();
    if (isPostgres(databaseUrl)) {
      throw new OperatorError(
        'This copies an SQLite file: back PostgreSQL up by its own means, such as pg_dump.',
      );
    }
    backupDatabase(existingFile(databaseUrl), target);
    terminal.print(`Wrote ${target}.`);
  },
};
