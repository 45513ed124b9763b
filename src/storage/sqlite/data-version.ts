import type Database from 'better-sqlite3';
import type { DataVersion } from '../database.ts';
import { externalVersionOf } from '../external-commits.ts';

/**
 * The version of an SQLite database, which SQLite itself keeps: it counts the rows that this connection ever changed,
 * and notices what other connections commit. The latter costs a look at the file (2 µs), so one does for all requests
 * that came in the same turn of the event loop.
 */
export function createDataVersion(connection: Database.Database): DataVersion {
  const foreignVersion = externalVersionOf(connection);
  const ownChanges = connection.prepare<[], number>('select total_changes()').pluck();
  let foreign: number | undefined;
  let own: number | undefined;
  let version = 0;
  let looked = false;

  /** Whether another process has committed since this was last asked. */
  function changedElsewhere(): boolean {
    if (looked) return false;
    looked = true;
    setImmediate(() => {
      looked = false;
    });
    const before = foreign;
    foreign = foreignVersion();
    return foreign !== before;
  }

  return () => {
    const before = own;
    own = ownChanges.get();
    if (changedElsewhere() || own !== before) version += 1;
    return version;
  };
}
