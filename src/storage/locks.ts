/**
 * What a transaction locks before it reads, so that it decides on data that no concurrent transaction changes. A lock is
 * exclusive unless it is `shared`: then other transactions that share it run at the same time.
 *
 * `src/services/transactions/locks.ts` states which promise each lock keeps.
 */
export type Lock = KnownLock | SoughtLock;

/** A lock whose key the caller knows. */
export type KnownLock =
  /** Excludes every transaction that takes any lock. For rare work that touches what it has yet to find. */
  | { readonly on: 'everything' }
  /** What directories change by SCIM. */
  | { readonly on: 'directories' }
  /** A person at a provider, who may not have an account yet. */
  | { readonly on: 'identity'; readonly id: string }
  /** The account of an email address, which may not exist yet. */
  | { readonly on: 'email'; readonly id: string }
  /** The slug of a workspace, which may not exist yet. */
  | { readonly on: 'slug'; readonly id: string }
  /** The roles of a provider's groups in all workspaces. Shared: they stay as they are. */
  | { readonly on: 'groupRoles'; readonly id: string; readonly shared?: boolean }
  /** A user with their sessions and personal tokens. */
  | { readonly on: 'user'; readonly id: string; readonly shared?: boolean }
  /** A workspace with its members, invitations, channels, shares, entity types, workspace tokens and federations. */
  | { readonly on: 'workspace'; readonly id: string; readonly shared?: boolean };

/** A lock whose key the database finds in the statement that takes it. */
type SoughtLock =
  /** The user or the workspace that a token belongs to, which never changes. */
  | { readonly on: 'holderOf'; readonly tokenId: string }
  /** The workspace of a channel, which never changes. */
  | { readonly on: 'workspaceOf'; readonly channelId: string; readonly shared: boolean }
  /** The workspace of a federation, which never changes. */
  | { readonly on: 'workspaceOfFederation'; readonly federationId: string }
  /** Shared: the users and workspaces that the tokens of these secrets belong to. */
  | { readonly on: 'holdersOfSecrets'; readonly digests: readonly string[] }
  /** The workspaces in which a token and its descendants share channels. Taken last: the holder of the token must be locked. */
  | { readonly on: 'sharesOfToken'; readonly tokenId: string }
  /** The workspaces in which a user shares channels or invites. Taken last: the user must be locked. */
  | { readonly on: 'grantsOfUser'; readonly userId: string };

/** The order in which kinds of keys are locked. Keys of one kind are locked in the order of their ids. */
export const LOCK_RANKS = {
  everything: 0,
  directories: 1,
  identity: 2,
  email: 3,
  slug: 4,
  groupRoles: 5,
  user: 6,
  workspace: 7,
} as const;

/** A lock that is taken by its key. */
export interface KeyedLock {
  readonly rank: number;
  readonly key: string;
  readonly exclusive: boolean;
}

function toKeyed(lock: KnownLock): KeyedLock {
  const key = 'id' in lock ? `${lock.on} ${lock.id}` : lock.on;
  return { rank: LOCK_RANKS[lock.on], key, exclusive: !('shared' in lock && lock.shared) };
}

function compare(one: KeyedLock, other: KeyedLock): number {
  return one.rank - other.rank || (one.key < other.key ? -1 : 1);
}

/** Returns each key once, with its strongest mode, in the order in which every transaction takes them. */
export function inLockingOrder(locks: readonly KnownLock[]): KeyedLock[] {
  const byKey = new Map<string, KeyedLock>();
  for (const lock of locks.map(toKeyed)) {
    const exclusive = lock.exclusive || byKey.get(lock.key)?.exclusive === true;
    byKey.set(lock.key, { ...lock, exclusive });
  }
  return [...byKey.values()].sort(compare);
}
