import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { Notifier } from '../notifier.ts';
import type { Tables } from '../tables.ts';

const CHANNEL = 'postern_changes';
/** What is told within this time is told once. */
const GATHER_MS = 20;
const RECONNECT_MS = 1000;

/** Hints over PostgreSQL, which can be ended. */
export interface PostgresNotifier extends Notifier {
  close(): Promise<void>;
}

/**
 * Hints by NOTIFY, on a connection of their own that is opened again whenever it breaks. They are sent after the commit
 * and not within the transaction, where NOTIFY makes all commits of the database wait for each other.
 */
export function createPostgresNotifier(db: Kysely<Tables>, createClient: () => pg.Client): PostgresNotifier {
  const listeners: (() => void)[] = [];
  let client: pg.Client | null = null;
  let telling: NodeJS.Timeout | null = null;
  let reconnecting: NodeJS.Timeout | null = null;
  let closed = false;

  function reconnect(broken: pg.Client): void {
    if (closed || client !== broken) return;
    client = null;
    void broken.end().catch(() => {});
    reconnecting = setTimeout(connect, RECONNECT_MS).unref();
  }

  function connect(): void {
    const opened = createClient();
    client = opened;
    opened.on('error', () => reconnect(opened));
    opened.on('end', () => reconnect(opened));
    opened.on('notification', () => {
      for (const heard of listeners) heard();
    });
    opened
      .connect()
      .then(() => opened.query(`listen ${CHANNEL}`))
      .catch(() => reconnect(opened));
  }

  return {
    notify() {
      telling ??= setTimeout(() => {
        telling = null;
        if (closed) return;
        sql`select pg_notify(${CHANNEL}, '')`.execute(db).catch(() => {});
      }, GATHER_MS).unref();
    },
    listen(heard) {
      listeners.push(heard);
      if (!client && !reconnecting) connect();
    },
    async close() {
      closed = true;
      if (telling) clearTimeout(telling);
      if (reconnecting) clearTimeout(reconnecting);
      await client?.end().catch(() => {});
    },
  };
}
