import type { Role } from '../domain/roles.ts';
import type { TokenScope } from '../domain/scopes.ts';
import type { Token } from '../domain/token.ts';
import type { User } from '../domain/user.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Executor } from '../storage/database.ts';
import { findUsers } from '../storage/repositories/accounts/users.ts';
import { findRoles } from '../storage/repositories/members.ts';
import { findScopes } from '../storage/repositories/token-scopes.ts';
import { findOverlapEnds } from '../storage/repositories/token-secrets.ts';
import { findTokens } from '../storage/repositories/tokens.ts';
import { findWorkspaces } from '../storage/repositories/workspaces.ts';

/**
 * Reads objects by id, without a check of visibility: callers pass only ids that visible objects contain. Results omit
 * objects that do not exist.
 */
export interface Lookups {
  users(ids: readonly string[]): Promise<ReadonlyMap<string, User>>;
  tokens(ids: readonly string[]): Promise<ReadonlyMap<string, Token>>;
  workspaces(ids: readonly string[]): Promise<ReadonlyMap<string, Workspace>>;
  /** Returns the scopes of tokens by token id. */
  scopes(tokenIds: readonly string[]): Promise<ReadonlyMap<string, readonly TokenScope[]>>;
  /** Returns when the overlaps of tokens end, by token id, also those that have ended. */
  overlapEnds(tokenIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Returns the roles of a user by workspace id. */
  roles(userId: string, workspaceIds: readonly string[]): Promise<ReadonlyMap<string, Role>>;
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Returns the lookups of a database. */
export function createLookups(db: Executor): Lookups {
  return {
    users: async (ids) => byId(await findUsers(db, ids)),
    tokens: async (ids) => byId(await findTokens(db, ids)),
    workspaces: async (ids) => byId(await findWorkspaces(db, ids)),
    scopes: (tokenIds) => findScopes(db, tokenIds),
    overlapEnds: (tokenIds) => findOverlapEnds(db, tokenIds),
    roles: (userId, workspaceIds) => findRoles(db, userId, workspaceIds),
  };
}
