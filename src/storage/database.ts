import type Database from 'better-sqlite3';
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { ExternalCommits } from './external-commits.ts';
import type { Lock } from './locks.ts';
import type { Notifier } from './notifier.ts';
import type { DatabaseStats } from './stats.ts';
import type { StreamSlots } from './stream-slots.ts';
import type { Tables } from './tables.ts';

/** The database, or the transaction that a call belongs to: the first parameter of every repository function. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/**
 * Returns a number that changes whenever anything may have been committed, by this process or another, except by a work that
 * keeps the version. What was read after a call, and does not depend on such works, stays true for as long as later calls
 * return the same number. Within a transaction, it also changes with what that has written.
 */
export type DataVersion = () => number;

/** How a transaction can run. */
export interface TransactOptions {
  /**
   * Whether the work can share a transaction on PostgreSQL with works that lock something else. Set it only if the work
   * locks no row that another could wait for: if it inserts rows of its own and changes no others. On SQLite, every work
   * shares a commit with the others that wait at the same time.
   */
  readonly canShare?: boolean;
  /**
   * Whether the version of the data stays as it is. Set it only if nothing that is kept until the next commit depends on what
   * the work writes.
   */
  readonly keepsVersion?: boolean;
}

/** An open database of either engine. */
export interface DatabaseHandle {
  readonly db: Kysely<Tables>;
  /** The path of an SQLite file; `null` in memory and on PostgreSQL. */
  readonly file: string | null;
  /** The clock that all servers of the database share. */
  readonly clock: Clock;
  /**
   * Runs work in one transaction that holds the locks from before its first read: all its writes are durable when the
   * promise resolves, and none is stored when it rejects. The work can run more than once, so it must have no effects
   * outside the transaction. On PostgreSQL, only the locks keep other transactions apart: name everything that the work
   * decides on or changes. On SQLite, transactions run one after the other and ignore them.
   */
  transact<T>(
    locks: readonly Lock[],
    work: (tx: Transaction<Tables>) => Promise<T>,
    options?: TransactOptions,
  ): Promise<T>;
  /**
   * Runs writes that are each correct on their own, such as incrementing a counter. On PostgreSQL each statement commits
   * by itself, so that concurrent writers of one row wait for each other only briefly. The work runs again if the database
   * aborts one of its statements.
   */
  autocommit<T>(work: (db: Executor) => Promise<T>): Promise<T>;
  /** `null` on PostgreSQL, which cannot report commits of other servers without a round trip. */
  readonly version: DataVersion | null;
  /** Returns whether another process may have committed since the previous call. */
  readonly changedElsewhere: ExternalCommits;
  /** Sends hints about changes to the other servers of the database, and receives theirs. */
  readonly notifier: Notifier;
  readonly streamSlots: StreamSlots;
  /** Runs work that changes the schema; concurrent migrations wait for it. */
  migrateAlone<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Returns the size and the connections of the database. */
  measure(): Promise<DatabaseStats>;
  close(): Promise<void>;
}

/** An open SQLite database. */
export interface SqliteHandle extends DatabaseHandle {
  /** The underlying connection, for backups and settings. */
  readonly connection: Database.Database;
}
