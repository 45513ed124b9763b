import type { Kysely } from 'kysely';
import type { Executor } from '../storage/database.ts';
import type { Tables } from '../storage/tables.ts';

/** Runs work in one transaction: all of it is stored when the promise resolves, none of it when it rejects. */
export type Transact = <T>(work: (tx: Executor) => Promise<T>) => Promise<T>;

/** Transactions of a database. Within one, await nothing but the database: everybody else waits meanwhile. */
export function createTransact(db: Kysely<Tables>): Transact {
  return (work) => db.transaction().execute(work);
}
