import { sql } from 'kysely';
import pLimit from 'p-limit';
import type { DatabaseHandle, Executor } from '../database.ts';
import { batchLookup } from '../query/batched-lookup.ts';
import { prepareQuery, prepareQueryOne } from '../query/prepared.ts';
import {
  buildTokenSnapshot,
  type TokenLink,
  type TokenSnapshot,
  type TokenSubject,
} from './build-token-snapshot.ts';

/** How long snapshots to store are collected, and how many one transaction stores, which takes some milliseconds. */
const BATCH_MS = 50;
const BATCH_SIZE = 100;
/** The most digests that wait to be stored. Others are stored after a later lookup. */
const MOST_PENDING = 10_000;

const CONCURRENT_BUILDS = 2;

/** Looks up token snapshots by the digests of secrets. */
export interface TokenSnapshots {
  /** Returns the snapshot of a digest in the state that the executor sees; `null` if no token has the secret. */
  find(db: Executor, digest: string): Promise<TokenSnapshot | null>;
}

function linkToJson(link: TokenLink) {
  const { tokenId, access, lifetime, expiresAt, disabledAt, revokedAt, limits } = link;
  const scopes = link.scopes.map(
    ({ entityType, entityId, workspaceId, operations }) =>
      [entityType, entityId, workspaceId, operations] as const,
  );
  return [tokenId, access, lifetime, expiresAt, disabledAt, revokedAt, scopes, limits] as const;
}

function subjectToJson(subject: TokenSubject) {
  return subject.kind === 'PERSONAL'
    ? ([subject.kind, subject.userId, subject.verifiedEmail, subject.deactivatedAt] as const)
    : ([subject.kind, subject.workspaceId, subject.role, subject.subject] as const);
}

function subjectFromJson(json: ReturnType<typeof subjectToJson>): TokenSubject {
  if (json[0] === 'WORKSPACE') {
    const [kind, workspaceId, role, subject] = json;
    return { kind, workspaceId, role, subject };
  }
  const [kind, userId, verifiedEmail, deactivatedAt] = json;
  return { kind, userId, verifiedEmail, deactivatedAt };
}

function toJson({ subject, validUntil, hasOldSecret, chain }: TokenSnapshot) {
  return [subjectToJson(subject), validUntil, hasOldSecret, chain.map(linkToJson)] as const;
}

function linkFromJson(json: ReturnType<typeof linkToJson>): TokenLink {
  const [tokenId, access, lifetime, expiresAt, disabledAt, revokedAt, scopes, limits] = json;
  return {
    tokenId,
    access,
    scopes: scopes.map(([entityType, entityId, scopeWorkspaceId, operations]) => ({
      entityType,
      entityId,
      workspaceId: scopeWorkspaceId,
      operations,
    })),
    lifetime,
    expiresAt,
    disabledAt,
    revokedAt,
    limits,
  };
}

/**
 * Returns a snapshot as stored: values without property names, which take half the space and a third of the time to parse.
 * A change of the format needs a migration that empties the table, which fills again by itself.
 */
function encode(snapshot: TokenSnapshot): string {
  return JSON.stringify(toJson(snapshot));
}

function decode(content: string): TokenSnapshot {
  const [subject, validUntil, hasOldSecret, chain] = JSON.parse(content) as ReturnType<typeof toJson>;
  const [first, ...others] = chain as [ReturnType<typeof linkToJson>];
  return {
    subject: subjectFromJson(subject),
    validUntil,
    hasOldSecret,
    chain: [linkFromJson(first), ...others.map(linkFromJson)],
  };
}

const findStored = batchLookup(
  prepareQueryOne((db: Executor, digest: string) =>
    db.selectFrom('token_snapshots').select('content').where('digest', '=', digest),
  ),
  prepareQuery((db: Executor, digests: readonly string[]) =>
    db
      .selectFrom('token_snapshots')
      .select(['digest as key', 'content'])
      .where(sql<boolean>`digest = any(${digests})`),
  ),
);

/**
 * Builds and stores the snapshots of digests in one transaction. It locks what each token belongs to before it reads, so no
 * change of a source comes between the reads and the commit. Existing rows stay.
 */
export function storeTokenSnapshots(
  transact: DatabaseHandle['transact'],
  digests: readonly string[],
): Promise<void> {
  return transact([{ on: 'holdersOfSecrets', digests }], async (tx) => {
    for (const digest of digests) {
      const snapshot = await buildTokenSnapshot(tx, digest);
      if (!snapshot) continue;
      await tx
        .insertInto('token_snapshots')
        .values({ digest, token_id: snapshot.chain[0].tokenId, content: encode(snapshot) })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  });
}

/**
 * Creates the lookup of token snapshots. It reads one row; if the row is missing, it builds the snapshot from the ordinary
 * tables and stores it afterwards, in batches. So unused secrets take no space, a lookup does not wait for a write, and
 * nothing has to be filled before a server starts.
 *
 * A row is never out of date: triggers delete it in the transaction that changes one of its sources
 * (`db/migrations/0001-initial/token-snapshots.ts`), and it is built and stored in one transaction that locks these sources.
 */
export function createTokenSnapshots({ transact }: Pick<DatabaseHandle, 'transact'>): TokenSnapshots {
  const pending = new Set<string>();
  const builds = pLimit(CONCURRENT_BUILDS);
  let isDue = false;

  /** Limits builds outside transactions, so that lookups of unknown secrets do not occupy every connection. */
  function build(db: Executor, digest: string): Promise<TokenSnapshot | null> {
    const work = () => buildTokenSnapshot(db, digest);
    return db.isTransaction ? work() : builds(work);
  }

  function storeSoon(): void {
    if (isDue) return;
    isDue = true;
    setTimeout(storeBatch, BATCH_MS).unref();
  }

  async function storeBatch(): Promise<void> {
    const digests = [...pending].slice(0, BATCH_SIZE).sort();
    for (const digest of digests) pending.delete(digest);
    try {
      await storeTokenSnapshots(transact, digests);
    } catch {
      // Later lookups build these snapshots again, and try to store them.
      pending.clear();
    }
    isDue = false;
    if (pending.size > 0) storeSoon();
  }

  return {
    async find(db, digest) {
      const stored = await findStored(db, digest);
      if (stored) return decode(stored.content);
      const snapshot = await build(db, digest);
      if (snapshot && pending.size < MOST_PENDING) {
        pending.add(digest);
        storeSoon();
      }
      return snapshot;
    },
  };
}
