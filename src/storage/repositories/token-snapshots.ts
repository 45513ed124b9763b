import { type Insertable, sql } from 'kysely';
import pLimit from 'p-limit';
import { createLruCache } from '../../platform/lru-cache.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { DatabaseHandle, Executor } from '../database.ts';
import { prepareLookup } from '../query/batched-lookup.ts';
import { openRoleOf } from '../query/open-role.ts';
import { HAS_ENDS, isBeingDeleted } from '../query/pending-ends.ts';
import { verifiedEmailOf } from '../query/verified-email.ts';
import type { Tables } from '../tables.ts';
import {
  buildTokenSnapshot,
  type TokenLink,
  type TokenSnapshot,
  toEnd,
  toPersonalSubject,
  toWorkspaceSubject,
} from './build-token-snapshot.ts';

/** How long snapshots to store are collected, and how many one transaction stores, which takes some milliseconds. */
const BATCH_MS = 50;
const BATCH_SIZE = 100;
/** The most digests that wait to be stored. Others are stored after a later lookup. */
const MOST_PENDING = 10_000;

const CONCURRENT_BUILDS = 2;

/** Looks up token snapshots by the digests of secrets. */
export interface TokenSnapshots {
  /**
   * Returns the snapshot of a digest in the state that the executor sees; `null` if no token has the secret. On SQLite, a stored
   * one comes without a promise.
   */
  find(db: Executor, digest: string): MaybePromise<TokenSnapshot | null>;
  /** As `find`, for a secret that is not being used: stores nothing afterwards. */
  peek(db: Executor, digest: string): MaybePromise<TokenSnapshot | null>;
}

type Scopes = TokenLink['scopes'];

function scopesToJson(scopes: Scopes) {
  return scopes.map(
    ({ entityType, entityId, workspaceId, operations }) =>
      [entityType, entityId, workspaceId, operations] as const,
  );
}

/** Scopes by their text, up to a total length. Many tokens have the same ones, which are parsed and kept in memory once. */
const knownScopes = createLruCache<Scopes>(256 * 1024);

function scopesFromText(text: string): Scopes {
  const known = knownScopes.get(text);
  if (known) return known;
  const json: ReturnType<typeof scopesToJson> = JSON.parse(text);
  const scopes = json.map(([entityType, entityId, workspaceId, operations]) => ({
    entityType,
    entityId,
    workspaceId,
    operations,
  }));
  knownScopes.set(text, scopes, text.length);
  return scopes;
}

type StoredLink = ReturnType<typeof linkToJson>;

function linkToJson(link: TokenLink) {
  const { tokenId, access, role, lifetime, expiresAt, disabledAt, revokedAt, limits } = link;
  const scopes = JSON.stringify(scopesToJson(link.scopes));
  return [tokenId, access, role, lifetime, expiresAt, disabledAt, revokedAt, scopes, limits] as const;
}

function linkFromJson(json: StoredLink): TokenLink {
  const [tokenId, access, role, lifetime, expiresAt, disabledAt, revokedAt, scopes, limits] = json;
  return {
    tokenId,
    access,
    role,
    scopes: scopesFromText(scopes),
    lifetime,
    expiresAt,
    disabledAt,
    revokedAt,
    limits,
  };
}

function toJson({ subject, validUntil, hasOldSecret, chain: [own] }: TokenSnapshot) {
  const workspace = subject.kind === 'WORKSPACE' ? ([subject.workspaceId, subject.subject] as const) : null;
  return [workspace, validUntil, hasOldSecret, linkToJson(own)] as const;
}

/**
 * Returns the row of a snapshot. It has the token itself, and neither its ancestors nor its user, which a lookup reads beside
 * it: so a change of one of them deletes no rows of the tokens that depend on it. Its values have no property names, which
 * takes half the space and a third of the time to parse. A change of the format needs a migration that empties the table,
 * which fills again by itself.
 */
function toRow(digest: string, snapshot: TokenSnapshot): Insertable<Tables['token_snapshots']> {
  const { subject, chain } = snapshot;
  return {
    digest,
    token_id: chain[0].tokenId,
    user_id: subject.kind === 'PERSONAL' ? subject.userId : null,
    ancestor_count: chain.length - 1 + Number(subject.kind === 'WORKSPACE' && subject.federationId !== null),
    content: JSON.stringify(toJson(snapshot)),
  };
}

/**
 * Selects a snapshot with its user, and whether anything else could concern it: an ancestor, a federation or a pending end. Each
 * column takes time on both sides of the connection, so there are no more than needed.
 */
function alone(db: Executor, digest: string) {
  return db
    .selectFrom('token_snapshots as s')
    .leftJoin('users as u', 'u.id', 's.user_id')
    .select([
      's.content',
      'u.id as user_id',
      verifiedEmailOf('u').as('verified_email'),
      'u.deactivated_at',
      'u.signed_in_at',
      openRoleOf('s.user_id').as('open_role'),
      sql<boolean>`s.ancestor_count > 0 or ${HAS_ENDS}`.as('has_more'),
    ])
    .where('s.digest', '=', digest);
}

/**
 * Selects the same with all that concerns the token: how it ended, its federation and, as a list without brackets, the
 * snapshots of its ancestors. A federation that was deleted or changed since is not found.
 */
function whole(db: Executor, digest: string) {
  return alone(db, digest)
    .select(['s.ancestor_count', isBeingDeleted('s.token_id').as('is_being_deleted')])
    .select((eb) =>
      eb
        .selectFrom('token_ancestors as up')
        .innerJoin('token_snapshots as a', 'a.token_id', 'up.ancestor_id')
        .select(sql<string | null>`string_agg(a.content, ',')`.as('contents'))
        .whereRef('up.token_id', '=', 's.token_id')
        .as('ancestors'),
    )
    .select((eb) =>
      eb
        .selectFrom('token_ancestors as given')
        .innerJoin('federations as f', 'f.grant_id', 'given.ancestor_id')
        .select('f.id')
        .whereRef('given.token_id', '=', 's.token_id')
        .as('federation_id'),
    );
}

const findAlone = prepareLookup(['text'], alone);
const findWhole = prepareLookup(['text'], whole);

type StoredRow = NonNullable<Awaited<ReturnType<typeof findAlone>>>;

/** What a row lacks of all that concerns the token. */
type Rest = Pick<
  NonNullable<Awaited<ReturnType<typeof findWhole>>>,
  'ancestor_count' | 'is_being_deleted' | 'ancestors' | 'federation_id'
>;

const NOTHING_ELSE: Rest = {
  ancestor_count: 0,
  is_being_deleted: null,
  ancestors: null,
  federation_id: null,
};

type StoredContent = ReturnType<typeof toJson>;

/** Returns the ancestors of a token, oldest first, each once: one in an overlap has two snapshots. */
function ancestorsOf({ ancestors }: Rest): TokenLink[] {
  if (ancestors === null) return [];
  const contents = JSON.parse(`[${ancestors}]`) as StoredContent[];
  const links = new Map(contents.map(([, , , link]) => [link[0], linkFromJson(link)]));
  return [...links.values()].sort((one, other) => (one.tokenId < other.tokenId ? -1 : 1));
}

/** Returns the snapshot of a row; `null` if its user or federation is missing, or an ancestor has no stored snapshot. */
function fromRow(row: StoredRow, rest: Rest): TokenSnapshot | null {
  const [workspace, validUntil, hasOldSecret, link] = JSON.parse(row.content) as StoredContent;
  const ancestors = ancestorsOf(rest);
  const chain = [linkFromJson(link), ...ancestors] as const;
  const { federation_id: federationId } = rest;
  const subject =
    workspace === null
      ? toPersonalSubject(row)
      : toWorkspaceSubject({ workspaceId: workspace[0], subject: workspace[1], federationId }, chain);
  if (!subject || ancestors.length + Number(federationId !== null) !== rest.ancestor_count) return null;
  return { subject, validUntil, hasOldSecret, ended: toEnd(rest.is_being_deleted), chain };
}

/**
 * Returns the stored snapshot of a digest; `null` if there is none or it is incomplete. Most tokens have nothing but their user,
 * and PostgreSQL needs half the time if it prepares nothing else. For the others, one statement reads everything again, so
 * that all comes from one state of the database.
 */
function readStored(db: Executor, digest: string): MaybePromise<TokenSnapshot | null> {
  return andThen(findAlone(db, digest), (row) => {
    if (!row) return null;
    if (!row.has_more) return fromRow(row, NOTHING_ELSE);
    return andThen(findWhole(db, digest), (all) => (all ? fromRow(all, all) : null));
  });
}

/** Returns the current secrets, without stored snapshots, of the ancestors of the tokens that have some digests. */
async function findMissingAncestors(db: Executor, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('token_secrets as own')
    .innerJoin('token_ancestors as up', 'up.token_id', 'own.token_id')
    .innerJoin('token_secrets as current', 'current.token_id', 'up.ancestor_id')
    .leftJoin('token_snapshots as s', 's.digest', 'current.digest')
    .select('current.digest')
    .distinct()
    .where('own.digest', 'in', [...digests])
    .where('current.valid_until', 'is', null)
    .where('s.digest', 'is', null)
    .execute();
  return rows.map(({ digest }) => digest);
}

/**
 * Builds and stores the snapshots of digests, and those of the ancestors of their tokens, in one transaction. It locks what
 * each token belongs to before it reads, so no change of a source comes between the reads and the commit. Existing rows stay.
 */
export function storeTokenSnapshots(
  transact: DatabaseHandle['transact'],
  digests: readonly string[],
): Promise<void> {
  return transact([{ on: 'holdersOfSecrets', digests }], async (tx) => {
    for (const digest of new Set([...digests, ...(await findMissingAncestors(tx, digests))])) {
      const snapshot = await buildTokenSnapshot(tx, digest);
      if (!snapshot) continue;
      await tx
        .insertInto('token_snapshots')
        .values(toRow(digest, snapshot))
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

  async function buildAndStore(db: Executor, digest: string): Promise<TokenSnapshot | null> {
    const snapshot = await build(db, digest);
    if (snapshot && pending.size < MOST_PENDING) {
      pending.add(digest);
      storeSoon();
    }
    return snapshot;
  }

  return {
    peek: (db, digest) => andThen(readStored(db, digest), (stored) => stored ?? build(db, digest)),
    find: (db, digest) => andThen(readStored(db, digest), (stored) => stored ?? buildAndStore(db, digest)),
  };
}
