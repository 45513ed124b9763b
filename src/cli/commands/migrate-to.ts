import { databaseUrlProblem, withHost } from '../../config-database.ts';
import { loadEnvironment } from '../../config-environment.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { isPostgres, openDatabase, openSqliteDatabase } from '../../storage/open.ts';
import { acquireServerLock } from '../../storage/sqlite/server-lock.ts';
import { transfer } from '../../storage/transfer.ts';
import { alignColumns } from '../columns.ts';
import { type Command, UsageError } from '../command.ts';
import { existingFile } from '../operator.ts';

export const command: Command = {
  operands: ['URL'],
  about: `Copies everything from the SQLite file of DATABASE_URL to an empty PostgreSQL
database, postgres://user@host/database, and compares every row. Stop the server
first. If the command is interrupted, run it again to continue. All secrets keep
working. The file is not changed. Put the password in PGPASSWORD or ~/.pgpass,
not in the URL: other users of the machine can see arguments.`,
  async run({ config, operand, terminal }) {
    const url = operand('URL');
    const { databaseUrl } = config();
    if (isPostgres(databaseUrl) || !isPostgres(url)) {
      throw new OperatorError(
        'This command copies an SQLite file (DATABASE_URL) to PostgreSQL (postgres://…).',
      );
    }
    const problem = databaseUrlProblem(url, loadEnvironment());
    if (problem !== null) throw new UsageError(`URL ${problem}.`);
    const lock = acquireServerLock(existingFile(databaseUrl));
    const source = openSqliteDatabase(databaseUrl);
    try {
      const target = await openDatabase(withHost(url));
      try {
        const tables = await transfer(source, target);
        alignColumns(tables.map(({ table, rows }) => [table, `${rows}`])).forEach(terminal.print);
        terminal.print(
          'All rows copied and compared. Set DATABASE_URL to the new database and start the server.',
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
