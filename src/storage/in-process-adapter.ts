import type Database from 'better-sqlite3';
import type { DialectAdapter } from 'kysely';

/** The adapter of an engine that answers within the process, over one connection that may be asked directly. */
export interface InProcessAdapter extends DialectAdapter {
  readonly connection: Database.Database;
}

/** Whether an engine may be asked directly. */
export function isInProcess(adapter: DialectAdapter): adapter is InProcessAdapter {
  return 'connection' in adapter;
}
