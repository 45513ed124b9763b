import type Database from 'better-sqlite3';
import type { DataVersion } from '../database.ts';
import { externalVersionOf } from '../external-commits.ts';

/**
 * Creates the data version of an SQLite database from two counters of SQLite: the rows that this connection has changed,
 * and a version that changes with commits of other connections. The latter reads the file (2 µs), so it is read once for
 * all requests of one turn of the event loop.
 */
export function createDataVersion(connection: Database.Database): DataVersion {
  const readExternal = externalVersionOf(connection);
  const readOwn = connection.prepare<[], number>('select total_changes()').pluck();
  let external: number | undefined;
  let own: number | undefined;
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

  return () => {
    const before = own;
    own = readOwn.get();
    if (changedElsewhere() || own !== before) version += 1;
    return version;
  };
}
