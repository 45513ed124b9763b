import { CompiledQuery } from 'kysely';
import { inLockingOrder, type KeyedLock, type KnownLock, LOCK_RANKS, type Lock } from '../locks.ts';

/**
 * Returns a parameter as a list whose length is unknown to the planner, so that one plan serves all calls, as for a lookup
 * (`query/batched-lookup.ts`). Keys are found by primary keys, which is the best plan for any length.
 */
const list = (type: 'text' | 'int' | 'boolean', position: number) =>
  `(select $${position}::${type}[])::${type}[]`;

/** Takes the keys of a table `wanted (key, exclusive)` in its order. Equal hashes of different keys only make them wait for each other. */
const TAKE = `
  select case when exclusive then pg_advisory_xact_lock(hashtextextended(key, 0))
    else pg_advisory_xact_lock_shared(hashtextextended(key, 0)) end`;

const TAKE_KNOWN = `${TAKE} from unnest(${list('text', 1)}, ${list('boolean', 2)}) as wanted (key, exclusive)`;

/** Takes each key once, with its strongest mode. What `keys` selects has to be unchangeable or locked already. */
const takeSelected = (keys: string) => `${TAKE} from (
    select key, bool_or(exclusive) as exclusive from (${keys}) as found (rank, key, exclusive)
    group by rank, key order by rank, key collate "C") as wanted`;

const HOLDER = `
  case when owner_id is null then ${LOCK_RANKS.workspace} else ${LOCK_RANKS.user} end,
  coalesce('user ' || owner_id, 'workspace ' || workspace_id)`;

/** Parameters: the known keys as ranks, keys and modes; tokens; channels and their modes; digests; federations. */
const TAKE_WITH_HOLDERS = takeSelected(`
    select * from unnest(${list('int', 1)}, ${list('text', 2)}, ${list('boolean', 3)})
    union all select ${HOLDER}, true from tokens where id = any(${list('text', 4)})
    union all select ${LOCK_RANKS.workspace}, 'workspace ' || channels.workspace_id, sought.exclusive
      from unnest(${list('text', 5)}, ${list('boolean', 6)}) as sought (channel_id, exclusive)
      inner join channels on channels.id = sought.channel_id
    union all select ${HOLDER}, false from token_secrets inner join tokens on tokens.id = token_secrets.token_id
      where token_secrets.digest = any(${list('text', 7)})
    union all select ${LOCK_RANKS.workspace}, 'workspace ' || workspace_id, true from federations
      where id = any(${list('text', 8)})`);

/** Parameters: tokens; users. */
const TAKE_GRANTS = takeSelected(`
    select ${LOCK_RANKS.workspace}, 'workspace ' || workspace_id, true from (
      select channels.workspace_id from (
        select channel_id from channel_shares where granted_by_token = any($1::text[])
        union all select channel_id from token_ancestors
          inner join channel_shares on channel_shares.granted_by_token = token_ancestors.token_id
          where ancestor_id = any($1::text[])
        union all select channel_id from channel_shares where granted_by = any($2::text[])) as shares
        inner join channels on channels.id = shares.channel_id
      union all select workspace_id from invitations where invited_by = any($2::text[])) as given`);

/**
 * Locks the rows from which snapshots are built, for changes that take no locks of Postern, such as those made in psql. Their
 * triggers write one of these rows. Parameter: digests.
 */
const SHARE_SOURCES = `select 1 from tokens where id in (
    select token_id from token_secrets where digest = any($1::text[])
    union all select token_ancestors.ancestor_id from token_secrets
      inner join token_ancestors on token_ancestors.token_id = token_secrets.token_id
      where token_secrets.digest = any($1::text[])) order by id for share`;

type Of<On extends Lock['on']> = Extract<Lock, { readonly on: On }>;

function pick<On extends Lock['on']>(locks: readonly Lock[], ...kinds: On[]): Of<On>[] {
  return locks.filter((lock): lock is Of<On> => (kinds as string[]).includes(lock.on));
}

const KNOWN = Object.keys(LOCK_RANKS) as KnownLock['on'][];

/**
 * Returns the keys that a change is known to hold while it runs. If it is to lock more exclusively, it counts as the exclusive
 * holder of these, so that the changes of one caller, which often wait for each other, occupy one connection.
 */
export function claimedKeys(locks: readonly Lock[]): KeyedLock[] {
  const exclusively =
    pick(locks, 'holderOf', 'workspaceOfFederation').length > 0 ||
    pick(locks, 'workspaceOf').some((lock) => !lock.shared);
  const keys = inLockingOrder(pick(locks, ...KNOWN));
  return exclusively ? keys.map((key) => ({ ...key, exclusive: true })) : keys;
}

/** Returns whether the database finds some of the keys, so that they are not known before the transaction. */
export function hasSoughtKeys(locks: readonly Lock[]): boolean {
  return pick(locks, ...KNOWN).length < locks.length;
}

/** Returns the keys to take first: those that are known, and `everything` in shared mode. */
function knownKeys(locks: readonly Lock[]) {
  const known = inLockingOrder(pick(locks, ...KNOWN));
  if (known[0]?.rank === LOCK_RANKS.everything) return known;
  return [{ rank: LOCK_RANKS.everything, key: 'everything', exclusive: false }, ...known];
}

function takeFirst(locks: readonly Lock[], digests: readonly string[]): CompiledQuery {
  const known = knownKeys(locks);
  const keys = known.map(({ key }) => key);
  const modes = known.map(({ exclusive }) => exclusive);
  const tokens = pick(locks, 'holderOf').map(({ tokenId }) => tokenId);
  const channels = pick(locks, 'workspaceOf');
  const federations = pick(locks, 'workspaceOfFederation').map(({ federationId }) => federationId);
  if (tokens.length + channels.length + digests.length + federations.length === 0) {
    return CompiledQuery.raw(TAKE_KNOWN, [keys, modes]);
  }
  return CompiledQuery.raw(TAKE_WITH_HOLDERS, [
    known.map(({ rank }) => rank),
    keys,
    modes,
    tokens,
    channels.map(({ channelId }) => channelId),
    channels.map(({ shared }) => !shared),
    digests,
    federations,
  ]);
}

/**
 * Returns the statements that take locks until the end of the transaction, in the one order of all transactions. Each is a
 * statement of its own, so that the statement after it sees what the holders before have committed.
 */
export function statementsToLock(locks: readonly Lock[]): CompiledQuery[] {
  if (locks.length === 0) return [];
  const digests = pick(locks, 'holdersOfSecrets').flatMap((lock) => lock.digests);
  const ofTokens = pick(locks, 'sharesOfToken').map(({ tokenId }) => tokenId);
  const ofUsers = pick(locks, 'grantsOfUser').map(({ userId }) => userId);
  return [
    takeFirst(locks, digests),
    ...(ofTokens.length + ofUsers.length > 0 ? [CompiledQuery.raw(TAKE_GRANTS, [ofTokens, ofUsers])] : []),
    ...(digests.length > 0 ? [CompiledQuery.raw(SHARE_SOURCES, [digests])] : []),
  ];
}
