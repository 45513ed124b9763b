import type Database from 'better-sqlite3';

/**
 * The read transaction that the statements of one turn of the event loop share. SQLite locks the file for each statement outside
 * a transaction, which takes as long as finding a row (3 µs). What this process writes is seen immediately; what another one
 * commits meanwhile, from the next turn on, as by the version of the data (`sqlite/data-version.ts`).
 */
export interface SharedRead {
  /** Lets the statement that is executed next read what the others of this turn read. Without effect in a transaction. */
  join(): void;
  /** Ends it, so that the next statement can write, and reads the newest data. */
  end(): void;
}

function createSharedRead(connection: Database.Database): SharedRead {
  // A statement that has not been read to its end keeps the transaction of all others open, and SQLite does not let it write.
  const hold = connection.prepare('select 1 from sqlite_schema');
  let held: IterableIterator<unknown> | null = null;
  let isFirst = true;

  function end(): void {
    held?.return?.();
    held = null;
  }

  return {
    join() {
      if (held || connection.inTransaction) return;
      if (!isFirst) {
        held = hold.iterate();
        held.next();
        return;
      }
      // A single statement is not worth it.
      isFirst = false;
      setImmediate(() => {
        isFirst = true;
        end();
      });
    },
    end,
  };
}

const sharedReads = new WeakMap<Database.Database, SharedRead>();

/** Returns the shared read of a connection. */
export function sharedReadOf(connection: Database.Database): SharedRead {
  const existing = sharedReads.get(connection);
  if (existing) return existing;
  const created = createSharedRead(connection);
  sharedReads.set(connection, created);
  return created;
}
