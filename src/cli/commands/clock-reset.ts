import { systemClock } from '../../platform/clock.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { isPostgres, openSqliteDatabase } from '../../storage/open.ts';
import { findClockMark, setClockMark } from '../../storage/sqlite/clock-mark.ts';
import { acquireServerLock } from '../../storage/sqlite/server-lock.ts';
import type { Command } from '../command.ts';
import { existingFile, requireNewestSchema } from '../operator.ts';

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

export const command: Command = {
  about: `Accepts the system clock although the database has recorded a later time, for
example after the clock was wrong. Check the clock and stop the server first.
Tokens, sessions and invitations that expired in between become valid again.
Revoke those that must stay invalid.`,
  async run({ config, terminal }) {
    const { databaseUrl } = config();
    if (isPostgres(databaseUrl)) {
      throw new OperatorError(
        'This command is for SQLite only. On PostgreSQL, the server uses the clock of the database.',
      );
    }
    const lock = acquireServerLock(existingFile(databaseUrl));
    const handle = openSqliteDatabase(databaseUrl);
    try {
      await requireNewestSchema(handle);
      const seen = await findClockMark(handle.db);
      const now = systemClock();
      await handle.transact([], (tx) => setClockMark(tx, now));
      terminal.print(`The time is now ${iso(now)}.`);
      if (seen !== null && seen > now) {
        terminal.report(
          `Warning: credentials that expired between ${iso(now)} and ${iso(seen)} are valid again.`,
        );
      }
    } finally {
      await handle.close();
      lock.release();
    }
  },
};
