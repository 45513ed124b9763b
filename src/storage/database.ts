import type Database from 'better-sqlite3';
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { ExternalCommits } from './external-commits.ts';
import type { Notifier } from './notifier.ts';
import type { DatabaseStats } from './stats.ts';
import type { StreamSlots } from './stream-slots.ts';
import type { Tables } from './tables.ts';

/** What every repository takes first: the database, or the transaction that the call belongs to. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/**
 * Returns a number that changes whenever anything may have been committed, by this process or another. What was read after
 * a call stays true for as long as later calls return the same number.
 */
export type DataVersion = () => number;

/** An open database, whichever engine keeps it. */
export interface DatabaseHandle {
  readonly db: Kysely<Tables>;
  /** The path of an SQLite file; `null` where the data is in memory, or with an engine that serves several of us. */
  readonly file: string | null;
  /** The one clock of all servers of the database. */
  readonly clock: Clock;
  /**
   * Runs work in one transaction, as if no other ran meanwhile: all of it is stored when the promise resolves, none of
   * it when it rejects. The work may be run more than once before that, so it does nothing but through the transaction.
   */
  transact<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /**
   * Runs writing statements each of which is right by itself, such as counting. On PostgreSQL each commits alone: others
   * that write the same row wait for it a moment, where transactions would lose to each other and be run again.
   */
  autocommit<T>(work: (db: Executor) => Promise<T>): Promise<T>;
  /** Tells whether anything was committed; `null` where nobody can say so at once. */
  readonly version: DataVersion | null;
  /** Whether another process may have changed the data since this was last asked. */
  readonly changedElsewhere: ExternalCommits;
  /** Tells other servers of the database of changes, and hears of theirs. */
  readonly hints: Notifier;
  readonly streamSlots: StreamSlots;
  /** Runs work that changes the schema; others who would do that meanwhile wait. */
  migrateAlone<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** What the database takes up. */
  measure(): Promise<DatabaseStats>;
  close(): Promise<void>;
}

/** An open SQLite database. */
export interface SqliteHandle extends DatabaseHandle {
  /** The connection underneath, for what is not a query: backups and settings. */
  readonly connection: Database.Database;
}
