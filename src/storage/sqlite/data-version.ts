import type Database from 'better-sqlite3';
import type { DataVersion } from '../database.ts';
import { externalVersionOf } from '../external-commits.ts';

/** The version of the data of an SQLite database. */
interface SqliteVersion {
  readonly version: DataVersion;
  /** Returns a work that keeps the version. It must run alone on the connection. */
  keeping<Tx, T>(work: (tx: Tx) => Promise<T>): (tx: Tx) => Promise<T>;
  /** Makes the next call of `version` read the file, although an earlier one of this turn has. */
  checkAgain(): void;
}

/**
 * Creates the data version of an SQLite database from two counters of SQLite: the rows that this connection has changed,
 * and a version that changes with commits of other connections. The latter reads the file (2 µs), so it is read once for
 * all requests of one turn of the event loop, and again when a transaction has begun.
 */
export function createDataVersion(connection: Database.Database): SqliteVersion {
  const readExternal = externalVersionOf(connection);
  const totalChanges = connection.prepare<[], number>('select total_changes()').pluck();
  const readChanges = () => totalChanges.get() as number;
  let external: number | undefined;
  /** The changes of this connection that the version has counted, or does not count. */
  let noted = readChanges();
  let version = 0;
  let isChecked = false;

  /** Returns whether another process has committed since the previous turn of the event loop. */
  function changedElsewhere(): boolean {
    if (isChecked) return false;
    isChecked = true;
    setImmediate(() => {
      isChecked = false;
    });
    const before = external;
    external = readExternal();
    return external !== before;
  }

  function currentVersion(): number {
    const total = readChanges();
    if (changedElsewhere() || total !== noted) version += 1;
    noted = total;
    return version;
  }

  return {
    version: currentVersion,

    checkAgain: () => {
      isChecked = false;
    },

    keeping: (work) => async (tx) => {
      // Counts what was written before the work, as the rest of a shared commit.
      currentVersion();
      try {
        return await work(tx);
      } finally {
        noted = readChanges();
      }
    },
  };
}
