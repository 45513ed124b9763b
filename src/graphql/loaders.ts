import DataLoader from 'dataloader';
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

/** Batches the look-ups of what hangs on objects that the caller holds already. Nothing is kept between batches. */
export interface Loaders {
  readonly user: DataLoader<string, User | null>;
  readonly token: DataLoader<string, Token | null>;
  readonly workspace: DataLoader<string, Workspace | null>;
  /** The tokens that derive from one directly, oldest first. */
  readonly derived: DataLoader<string, readonly Token[]>;
  readonly scopes: DataLoader<string, readonly TokenScope[]>;
  /** The role of a user in a workspace. */
  readonly role: DataLoader<Membership, Role | null>;
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

/** The loaders of one operation. Without a cache: a later field of a mutation must see what an earlier one changed. */
export function createLoaders({ db }: Services): Loaders {
  const options = { cache: false };
  return {
    user: new DataLoader(async (ids) => byId(ids, await findUsers(db, ids)), options),
    token: new DataLoader(async (ids) => byId(ids, await findTokens(db, ids)), options),
    workspace: new DataLoader(async (ids) => byId(ids, await findWorkspaces(db, ids)), options),
    derived: new DataLoader(async (ids) => {
      const tokens = await findTokensByParent(db, ids);
      return ids.map((id) => tokens.filter((token) => token.parentId === id));
    }, options),
    scopes: new DataLoader(async (ids) => {
      const scopes = await findScopes(db, ids);
      return ids.map((id) => scopes.get(id) ?? []);
    }, options),
    role: new DataLoader((keys) => findRoles(db, keys), options),
  };
}
