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

/** How long what is to be stored is gathered, and how much of it one transaction stores: some milliseconds of work. */
const GATHER_MS = 50;
const STORED_AT_ONCE = 100;
/** What is wanted beyond that is left to the next who asks for it. */
const MOST_WANTED = 10_000;

const WORKED_OUT_AT_ONCE = 2;

/** What secrets open, by one indexed read. */
export interface TokenSnapshots {
  /** What a digest opens, as the database stands for the executor; `null` where nothing. */
  find(db: Executor, digest: string): Promise<TokenSnapshot | null>;
}

function linkToJson(link: TokenLink) {
  const { tokenId, access, lifetime, expiresAt, disabledAt, revokedAt } = link;
  const scopes = link.scopes.map(
    ({ entityType, entityId, workspaceId, operations }) =>
      [entityType, entityId, workspaceId, operations] as const,
  );
  return [tokenId, access, lifetime, expiresAt, disabledAt, revokedAt, scopes] as const;
}

function subjectToJson(subject: TokenSubject) {
  return subject.kind === 'PERSONAL'
    ? ([subject.kind, subject.userId, subject.verifiedEmail, subject.deactivatedAt] as const)
    : ([subject.kind, subject.workspaceId, subject.role] as const);
}

function subjectFromJson(json: ReturnType<typeof subjectToJson>): TokenSubject {
  if (json[0] === 'WORKSPACE') return { kind: json[0], workspaceId: json[1], role: json[2] };
  const [kind, userId, verifiedEmail, deactivatedAt] = json;
  return { kind, userId, verifiedEmail, deactivatedAt };
}

function toJson({ subject, validUntil, hasOldSecret, chain }: TokenSnapshot) {
  return [subjectToJson(subject), validUntil, hasOldSecret, chain.map(linkToJson)] as const;
}

function linkFromJson(json: ReturnType<typeof linkToJson>): TokenLink {
  const [tokenId, access, lifetime, expiresAt, disabledAt, revokedAt, scopes] = json;
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
  };
}

/**
 * A token as it is kept: values without their names, which is half the size and a third of the time to read. Whoever
 * changes the form adds a migration that empties the table: it fills again by itself.
 */
function encode(presented: TokenSnapshot): string {
  return JSON.stringify(toJson(presented));
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

const findKept = batchLookup(
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

/** Stores what these digests open, as it stands within a transaction of `transact`; what is there already stays. */
export async function storeTokenSnapshots(tx: Executor, digests: readonly string[]): Promise<void> {
  for (const digest of digests) {
    const presented = await buildTokenSnapshot(tx, digest);
    if (!presented) continue;
    await tx
      .insertInto('token_snapshots')
      .values({ digest, token_id: presented.chain[0].tokenId, content: encode(presented) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/**
 * Reads what secrets open from the one row that is kept of each; where it is missing, works it out from the ordinary
 * tables, and stores it afterwards, some at a time, for those who ask next. So what is never used takes no place, a
 * reader never writes, and nothing has to be filled before a server can start.
 *
 * A row is never out of date: the database itself deletes it in the transaction that changes what it was worked out from
 * (`db/migrations/0001-initial/token-snapshots.ts`), and it is stored by a transaction that nothing can come between.
 */
export function createTokenSnapshots({ transact }: Pick<DatabaseHandle, 'transact'>): TokenSnapshots {
  const wanted = new Set<string>();
  const workingOut = pLimit(WORKED_OUT_AT_ONCE);
  let isDue = false;

  /** Outside of transactions a few at once: anybody can ask for secrets that open nothing, and must not take every connection. */
  function workOut(db: Executor, digest: string): Promise<TokenSnapshot | null> {
    const work = () => buildTokenSnapshot(db, digest);
    return db.isTransaction ? work() : workingOut(work);
  }

  function storeSoon(): void {
    if (isDue) return;
    isDue = true;
    setTimeout(storeSome, GATHER_MS).unref();
  }

  async function storeSome(): Promise<void> {
    const digests = [...wanted].slice(0, STORED_AT_ONCE).sort();
    for (const digest of digests) wanted.delete(digest);
    try {
      await transact((tx) => storeTokenSnapshots(tx, digests));
    } catch {
      // Nothing is lost but time: it goes on being worked out, and whoever does that next wants it again.
      wanted.clear();
    }
    isDue = false;
    if (wanted.size > 0) storeSoon();
  }

  return {
    async find(db, digest) {
      const kept = await findKept(db, digest);
      if (kept) return decode(kept.content);
      const presented = await workOut(db, digest);
      if (presented && wanted.size < MOST_WANTED) {
        wanted.add(digest);
        storeSoon();
      }
      return presented;
    },
  };
}
