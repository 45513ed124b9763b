import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { Notifier } from '../notifier.ts';
import type { Tables } from '../tables.ts';

const CHANNEL = 'postern_changes';
/** Changes within this time share one notification. */
const BATCH_MS = 20;
const RECONNECT_MS = 1000;

/** A notifier that can be closed. */
export interface PostgresNotifier extends Notifier {
  close(): Promise<void>;
}

/**
 * Creates a notifier over LISTEN and NOTIFY. It listens on a connection of its own, which it reopens when it breaks.
 * Notifications are sent after the commit: within a transaction, NOTIFY makes all commits of the database wait for each other.
 */
export function createPostgresNotifier(db: Kysely<Tables>, createClient: () => pg.Client): PostgresNotifier {
  const listeners: (() => void)[] = [];
  let client: pg.Client | null = null;
  let pending: NodeJS.Timeout | null = null;
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
      for (const onChange of listeners) onChange();
    });
    opened
      .connect()
      .then(() => opened.query(`listen ${CHANNEL}`))
      .catch(() => reconnect(opened));
  }

  return {
    notify() {
      pending ??= setTimeout(() => {
        pending = null;
        if (closed) return;
        sql`select pg_notify(${CHANNEL}, '')`.execute(db).catch(() => {});
      }, BATCH_MS).unref();
    },
    listen(onChange) {
      listeners.push(onChange);
      if (!client && !reconnecting) connect();
    },
    async close() {
      closed = true;
      if (pending) clearTimeout(pending);
      if (reconnecting) clearTimeout(reconnecting);
      await client?.end().catch(() => {});
    },
  };
}
