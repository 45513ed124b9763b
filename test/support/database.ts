import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openSqliteDatabase, type SqliteHandle, wrapSqlite } from '../../src/storage/database.ts';
import { migrateToLatest } from '../../src/storage/migrations.ts';

async function migratedBytes(): Promise<Buffer> {
  const handle = openSqliteDatabase('file::memory:');
  await migrateToLatest(handle);
  const bytes = handle.connection.serialize();
  await handle.close();
  return bytes;
}

/** Migrating takes ten times as long as opening what was migrated once. */
const snapshot = await migratedBytes();

/** A database in memory and of its own: empty and of the newest schema, or what was serialised. The caller closes it. */
export function openTestDatabase(bytes: Buffer = snapshot): SqliteHandle {
  const connection = new Database(bytes);
  connection.pragma('foreign_keys = ON');
  return wrapSqlite(connection, ':memory:');
}

/** Writes an empty database of the newest schema to a file, for servers and commands to open. */
export function writeTestDatabase(file: string): void {
  writeFileSync(file, snapshot, { mode: 0o600 });
}
