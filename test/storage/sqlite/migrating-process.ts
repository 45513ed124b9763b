import { once } from 'node:events';
import type { Kysely } from 'kysely';
import { MIGRATIONS, migrateToLatest } from '../../../src/storage/migrations.ts';
import { openSqliteDatabase } from '../../../src/storage/open.ts';

/** Migrates a file to a schema with an additional migration, which waits in the middle for a line on standard input. */
const slow = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.createTable('first_half').addColumn('id', 'text').execute();
    process.send?.('half-way');
    await once(process, 'message');
    await db.schema.createTable('second_half').addColumn('id', 'text').execute();
  },
};

const handle = openSqliteDatabase(`file:${process.argv[2]}`);
process.send?.('open');
const report = await migrateToLatest(handle, { migrations: { ...MIGRATIONS, '9999-slow': slow } });
await handle.close();
process.send?.(report);
process.disconnect();
