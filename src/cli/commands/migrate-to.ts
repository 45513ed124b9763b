import { OperatorError } from '../../platform/operator-error.ts';
import { isPostgres, openDatabase, openSqliteDatabase } from '../../storage/database.ts';
import { acquireServerLock } from '../../storage/sqlite/server-lock.ts';
import { transfer } from '../../storage/transfer.ts';
import { alignColumns } from '../columns.ts';
import type { Command } from '../command.ts';
import { existingFile } from '../operator.ts';

export const command: Command = {
  operands: ['URL'],
  about: `Moves everything from the SQLite file of DATABASE_URL to an empty PostgreSQL
database, postgres://user@host/database, and compares it row by row. Stop the
server first. Where it is interrupted, call it again: it goes on. All secrets
go on working. The file stays as it is. Leave the password out of the URL and
in PGPASSWORD or ~/.pgpass: other users of the machine can see arguments.`,
  async run({ config, operand, terminal }) {
    const url = operand('URL');
    const { databaseUrl } = config();
    if (isPostgres(databaseUrl) || !isPostgres(url)) {
      throw new OperatorError('This moves an SQLite file (DATABASE_URL) to PostgreSQL (postgres://…).');
    }
    const lock = acquireServerLock(existingFile(databaseUrl));
    const source = openSqliteDatabase(databaseUrl);
    try {
      const target = await openDatabase(url);
      try {
        const tables = await transfer(source, target);
        alignColumns(tables.map(({ table, rows }) => [table, `${rows}`])).forEach(terminal.print);
        terminal.print(
          'Moved, and every row compared. Set DATABASE_URL to the new database and start the server.',
        );
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
      lock.release();
    }
  },
};
