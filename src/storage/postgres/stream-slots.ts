import { type Kysely, sql } from 'kysely';
import pLimit from 'p-limit';
import type { Clock } from '../../platform/clock.ts';
import type { IdSource } from '../../platform/ids.ts';
import type { StreamSlot, StreamSlots } from '../stream-slots.ts';
import type { Tables } from '../tables.ts';
import { sqlStateOf } from './naming-pool.ts';

/** How long after a crash the slots of a server are free again. */
const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 5_000;
const RELEASED_PER_STATEMENT = 200;

const FOREIGN_KEY_VIOLATION = '23503';

type Database = Kysely<Tables>;

/** The dependencies of the slots. */
interface SlotParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** A slot that this server holds. */
interface HeldSlot {
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

/** Creates the lease of this server, on which its slots depend. */
function createLease({ db, clock, ids }: SlotParts) {
  let id = ids();
  let until = 0;

  return {
    id: () => id,
    /** Returns whether the lease lasts until the next renewal. */
    isValid: () => clock() + RENEW_EVERY_MS < until,
    /** Begins a new lease under a new id. Slots of the old id are no longer valid. */
    async begin(): Promise<void> {
      id = ids();
      until = clock() + LEASE_MS;
      await db.insertInto('stream_servers').values({ id, lease_until: until }).execute();
    },
    /** Extends the lease. Returns `false` if it has already ended. */
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
 * Creates slots in the database. A slot is a row whose key is the credential and a number up to the limit, so the database
 * prevents two servers from taking the same one. The rows of a server depend on its lease: a server that crashes, or cannot
 * reach the database for that long, loses them all. Each statement commits by itself, outside any transaction.
 */
export function createPostgresStreamSlots(parts: SlotParts): StreamSlots {
  const { db, clock } = parts;
  const lease = createLease(parts);
  const taking = pLimit(1);
  const releasing = pLimit(1);
  const held = new Set<HeldSlot>();
  let released: HeldSlot[] = [];
  let timer: NodeJS.Timeout | null = null;

  function loseAll(): void {
    released = [];
    for (const { onLost } of held) onLost();
    held.clear();
  }

  async function renew(): Promise<void> {
    if (held.size > 0 && !(await lease.renew())) loseAll();
    await flush();
  }

  function renewLater(): void {
    timer ??= setTimeout(async () => {
      // A failed renewal is tried again while the lease lasts.
      await renew().catch(() => {});
      if (!lease.isValid()) loseAll();
      timer = null;
      if (held.size > 0 || released.length > 0) renewLater();
    }, RENEW_EVERY_MS).unref();
  }

  /** Deletes the released slots. After a failure the rest stays for the next call. */
  function flush(): Promise<void> {
    return releasing(async () => {
      while (released.length > 0) {
        const batch = released.slice(0, RELEASED_PER_STATEMENT);
        const keys = batch.map(({ credentialId, slot }) => sql`(${credentialId}, ${slot}::int)`);
        await sql`delete from stream_slots where server_id = ${lease.id()}
          and (credential_id, slot) in (${sql.join(keys)})`.execute(db);
        released = released.filter((one) => !batch.includes(one));
      }
    });
  }

  function hold(slot: HeldSlot): StreamSlot {
    held.add(slot);
    renewLater();
    return {
      release() {
        if (!held.delete(slot)) return;
        released.push(slot);
        flush().catch(() => {});
      },
    };
  }

  /** Deletes the servers whose lease has ended, with their slots. */
  async function deleteExpiredServers(): Promise<void> {
    await db.deleteFrom('stream_servers').where('lease_until', '<=', clock()).execute();
  }

  async function beginLease(): Promise<void> {
    loseAll();
    await deleteExpiredServers();
    await lease.begin();
  }

  async function requireLease(): Promise<void> {
    // While slots are held, the timer renews the lease.
    if (lease.isValid() && (held.size > 0 || (await lease.renew()))) return;
    await beginLease();
  }

  async function take(credentialId: string, most: number): Promise<number | null> {
    await flush();
    for (;;) {
      await requireLease();
      try {
        const slot = await insertSlot(db, credentialId, most, lease.id());
        if (slot !== null) return slot;
      } catch (error) {
        // The lease has ended, and another server has deleted it.
        if (sqlStateOf(error) !== FOREIGN_KEY_VIOLATION) throw error;
        await beginLease();
        continue;
      }
      await deleteExpiredServers();
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
