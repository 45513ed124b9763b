import DataLoader, { type BatchLoadFn } from 'dataloader';
import type { Role } from '../domain/roles.ts';
import type { TokenScope } from '../domain/scopes.ts';
import type { Token } from '../domain/token.ts';
import type { User } from '../domain/user.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services/services.ts';
import type { Executor } from '../storage/database.ts';
import { findMembers } from '../storage/members.ts';
import { findScopes } from '../storage/token-scopes.ts';
import { findTokens, findTokensByParent } from '../storage/tokens.ts';
import { findUsers } from '../storage/users.ts';
import { findWorkspaces } from '../storage/workspaces.ts';

interface Membership {
  readonly userId: string;
  readonly workspaceId: string;
}

/** Looks things up by their keys, all that are asked for at once together. */
type Loader<Key, Value> = Pick<DataLoader<Key, Value>, 'load'>;

/** Batches the look-ups of what hangs on objects that the caller holds already. Nothing is kept between batches. */
export interface Loaders {
  readonly user: Loader<string, User | null>;
  readonly token: Loader<string, Token | null>;
  readonly workspace: Loader<string, Workspace | null>;
  /** The tokens that derive from one directly, oldest first. */
  readonly derived: Loader<string, readonly Token[]>;
  readonly scopes: Loader<string, readonly TokenScope[]>;
  /** The role of a user in a workspace. */
  readonly role: Loader<Membership, Role | null>;
}

function byId<T extends { readonly id: string }>(ids: readonly string[], rows: readonly T[]): (T | null)[] {
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? null);
}

async function findRoles(db: Executor, keys: readonly Membership[]): Promise<(Role | null)[]> {
  const members = await findMembers(
    db,
    keys.map(({ userId }) => userId),
    keys.map(({ workspaceId }) => workspaceId),
  );
  return keys.map((key) => {
    const member = members.find((row) => row.userId === key.userId && row.workspaceId === key.workspaceId);
    return member?.role ?? null;
  });
}

/** A loader that is made when it is first used: most operations use one of them, or none. */
function loader<Key, Value>(load: BatchLoadFn<Key, Value>): Loader<Key, Value> {
  let made: DataLoader<Key, Value> | undefined;
  return {
    load(key) {
      made ??= new DataLoader(load, { cache: false });
      return made.load(key);
    },
  };
}

/** The loaders of one operation. Without a cache: a later field of a mutation must see what an earlier one changed. */
export function createLoaders({ db }: Services): Loaders {
  return {
    user: loader(async (ids) => byId(ids, await findUsers(db, ids))),
    token: loader(async (ids) => byId(ids, await findTokens(db, ids))),
    workspace: loader(async (ids) => byId(ids, await findWorkspaces(db, ids))),
    derived: loader(async (ids) => {
      const tokens = await findTokensByParent(db, ids);
      return ids.map((id) => tokens.filter((token) => token.parentId === id));
    }),
    scopes: loader(async (ids) => {
      const scopes = await findScopes(db, ids);
      return ids.map((id) => scopes.get(id) ?? []);
    }),
    role: loader((keys) => findRoles(db, keys)),
  };
}
