import type Database from 'better-sqlite3';
import type { DialectAdapter } from 'kysely';

/** The adapter of an engine that answers within the process, over one connection that may be asked directly. */
export interface DirectAdapter extends DialectAdapter {
  readonly connection: Database.Database;
}

/** Whether an engine may be asked directly. */
export function isDirect(adapter: DialectAdapter): adapter is DirectAdapter {
  return 'connection' in adapter;
}
