import type { CompiledQuery } from 'kysely';
import type { Executor } from './database.ts';

const DEFERRABLE = Symbol('deferrable');

/** Returns whether nothing needs the result of a query. */
export function isDeferrable(query: CompiledQuery): boolean {
  return DEFERRABLE in query;
}

/** Marks a query whose result nothing needs. */
export function asDeferrable<Row>(query: CompiledQuery<Row>): CompiledQuery<Row> {
  return { ...query, [DEFERRABLE]: true } as CompiledQuery<Row>;
}

/**
 * Executes a write whose result nothing needs. In a transaction on PostgreSQL it is not waited for: it is sent, and travels
 * with the next statement. If it fails, that statement or the commit throws its error, so never catch an error of it.
 */
export async function write(db: Executor, query: { compile(): CompiledQuery }): Promise<void> {
  await db.executeQuery(asDeferrable(query.compile()));
}
