import type Database from 'better-sqlite3';
import type { DialectAdapter } from 'kysely';

/** The adapter of an engine that runs in this process, over one connection that can be used directly. */
export interface InProcessAdapter extends DialectAdapter {
  readonly connection: Database.Database;
}

/** Returns whether the engine of an adapter runs in this process. */
export function isInProcess(adapter: DialectAdapter): adapter is InProcessAdapter {
  return 'connection' in adapter;
}
