import { type Kysely, sql } from 'kysely';
import pLimit from 'p-limit';
import type { Clock } from '../../platform/clock.ts';
import type { IdSource } from '../../platform/ids.ts';
import type { StreamSlot, StreamSlots } from '../stream-slots.ts';
import type { Tables } from '../tables.ts';
import { sqlStateOf } from './dialect.ts';

/** After how long the slots of a server that has crashed are free. */
const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 5_000;
const RELEASED_AT_ONCE = 200;

const FOREIGN_KEY_VIOLATION = '23503';

type Database = Kysely<Tables>;

/** What the slots of a server are made of. */
interface SlotParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** A slot that this server holds. */
interface Held {
  readonly credentialId: string;
  readonly slot: number;
  readonly onLost: () => void;
}

/** Takes the first free slot of a credential; `null` if there is none, or if another server took it at the same moment. */
async function insertSlot(
  db: Database,
  credentialId: string,
  most: number,
  serverId: string,
): Promise<number | null> {
  const { rows } = await sql<{ slot: number }>`
    insert into stream_slots (credential_id, slot, server_id)
    select ${credentialId}::text, free.slot, ${serverId}::text
    from generate_series(1, least(${most}::int, (
      select count(*)::int + 1 from stream_slots where credential_id = ${credentialId}))) as free (slot)
    where not exists (
      select from stream_slots as taken where taken.credential_id = ${credentialId} and taken.slot = free.slot)
    limit 1
    on conflict do nothing
    returning slot`.execute(db);
  return rows[0]?.slot ?? null;
}

async function countSlots(db: Database, credentialId: string): Promise<number> {
  const row = await db
    .selectFrom('stream_slots')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('credential_id', '=', credentialId)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** The lease of this server, which its slots depend on. */
function createLease({ db, clock, ids }: SlotParts) {
  let id = ids();
  let until = 0;

  return {
    id: () => id,
    /** Whether it holds, with time left to renew it once more. */
    holds: () => clock() + RENEW_EVERY_MS < until,
    /** Begins a new one, under a new id: whatever referred to the old one is void. */
    async begin(): Promise<void> {
      id = ids();
      until = clock() + LEASE_MS;
      await db.insertInto('stream_servers').values({ id, lease_until: until }).execute();
    },
    /** Makes it longer. Resolves to `false` if it has ended. */
    async renew(): Promise<boolean> {
      const next = clock() + LEASE_MS;
      const { numUpdatedRows } = await db
        .updateTable('stream_servers')
        .set({ lease_until: next })
        .where('id', '=', id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      until = next;
      return true;
    },
    async end(): Promise<void> {
      until = 0;
      await db.deleteFrom('stream_servers').where('id', '=', id).execute();
    },
  };
}

/**
 * Slots in the database. Each is a row whose key is the credential and a number up to the limit, so that the database
 * itself lets no two servers take the same. The rows of a server go with its lease: one that crashes, or cannot reach the
 * database for that long, loses them all. Each statement commits by itself; none of them takes part in a transaction.
 */
export function createPostgresStreamSlots(parts: SlotParts): StreamSlots {
  const { db, clock } = parts;
  const lease = createLease(parts);
  const taking = pLimit(1);
  const releasing = pLimit(1);
  const held = new Set<Held>();
  let released: Held[] = [];
  let timer: NodeJS.Timeout | null = null;

  function lose(): void {
    released = [];
    for (const { onLost } of held) onLost();
    held.clear();
  }

  async function renew(): Promise<void> {
    if (held.size > 0 && !(await lease.renew())) lose();
    await flush();
  }

  function renewLater(): void {
    timer ??= setTimeout(async () => {
      // What cannot be renewed now may be the next time, for as long as the lease lasts.
      await renew().catch(() => {});
      if (!lease.holds()) lose();
      timer = null;
      if (held.size > 0 || released.length > 0) renewLater();
    }, RENEW_EVERY_MS).unref();
  }

  /** Deletes what was released; what cannot be deleted now is kept for the next time. */
  function flush(): Promise<void> {
    return releasing(async () => {
      while (released.length > 0) {
        const batch = released.slice(0, RELEASED_AT_ONCE);
        const keys = batch.map(({ credentialId, slot }) => sql`(${credentialId}, ${slot}::int)`);
        await sql`delete from stream_slots where server_id = ${lease.id()}
          and (credential_id, slot) in (${sql.join(keys)})`.execute(db);
        released = released.filter((one) => !batch.includes(one));
      }
    });
  }

  function hold(one: Held): StreamSlot {
    held.add(one);
    renewLater();
    return {
      release() {
        if (!held.delete(one)) return;
        released.push(one);
        flush().catch(() => {});
      },
    };
  }

  /** Deletes the servers whose lease has ended, and with them their slots. */
  async function deleteEnded(): Promise<void> {
    await db.deleteFrom('stream_servers').where('lease_until', '<=', clock()).execute();
  }

  async function beginAnew(): Promise<void> {
    lose();
    await deleteEnded();
    await lease.begin();
  }

  async function requireLease(): Promise<void> {
    // As long as slots are held, the timer renews it.
    if (lease.holds() && (held.size > 0 || (await lease.renew()))) return;
    await beginAnew();
  }

  async function take(credentialId: string, most: number): Promise<number | null> {
    await flush();
    for (;;) {
      await requireLease();
      try {
        const slot = await insertSlot(db, credentialId, most, lease.id());
        if (slot !== null) return slot;
      } catch (error) {
        // Another server has found the lease ended.
        if (sqlStateOf(error) !== FOREIGN_KEY_VIOLATION) throw error;
        await beginAnew();
        continue;
      }
      await deleteEnded();
      if ((await countSlots(db, credentialId)) >= most) return null;
    }
  }

  return {
    async take(credentialId, most, onLost) {
      const ofCredential = [...held].filter((one) => one.credentialId === credentialId);
      if (ofCredential.length >= most) return null;
      return taking(async () => {
        const slot = await take(credentialId, most);
        return slot === null ? null : hold({ credentialId, slot, onLost });
      });
    },

    async close() {
      if (timer) clearTimeout(timer);
      held.clear();
      released = [];
      await lease.end().catch(() => {});
    },
  };
}
