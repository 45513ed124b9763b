import type { EntityAccessRequest, TokenAccessContext, TokenAccessRequest } from '../../domain/authority.ts';
import type { AccessContext } from '../../domain/decision.ts';
import { isToken, type Principal, userIdOf } from '../../domain/principal.ts';
import { coveredWorkspaces } from '../../domain/scope-coverage.ts';
import type { Executor } from '../../storage/database.ts';
import { findSharedOperations } from '../../storage/repositories/channel-shares.ts';
import { findUserChannelAccess, findWorkspaceIdOf } from '../../storage/repositories/channels.ts';
import {
  type DeclarationWindow,
  findDeclarations,
  findDeclaredRole,
  type OperationDeclaration,
} from '../../storage/repositories/entity-types.ts';
import { findAncestorIds, findToken } from '../../storage/repositories/tokens.ts';
import { findPolicy, findUserAccess } from '../../storage/repositories/workspaces.ts';

/** Returns the workspace of a workspace token; `undefined` for any other caller. */
export function ownWorkspaceOf(principal: Principal): string | undefined {
  return principal.kind === 'WORKSPACE_TOKEN' ? principal.workspaceId : undefined;
}

/** Returns the caller's access to a workspace; `null` if it does not exist or the caller is a token of another one. */
export async function findAccessContext(
  db: Executor,
  principal: Principal,
  workspaceId: string,
): Promise<AccessContext | null> {
  if (principal.kind === 'WORKSPACE_TOKEN') {
    if (principal.workspaceId !== workspaceId) return null;
    const policy = await findPolicy(db, workspaceId);
    return policy && { workspaceId, role: principal.role, shared: [], policy };
  }
  const userId = userIdOf(principal);
  return userId === null ? null : findUserAccess(db, userId, workspaceId);
}

async function findChannelAccess(
  db: Executor,
  principal: Principal,
  channelId: string,
  now: number,
): Promise<AccessContext | null> {
  const userId = userIdOf(principal);
  if (userId !== null) return findUserChannelAccess(db, userId, channelId, now);
  const workspaceId = await findWorkspaceIdOf(db, channelId);
  return workspaceId === null ? null : findAccessContext(db, principal, workspaceId);
}

/**
 * Returns the caller's access to a workspace or channel; `null` if it is not in the workspace that the request names.
 */
export async function findEntityAccess(
  db: Executor,
  principal: Principal,
  { entityType, workspaceId }: EntityAccessRequest,
  entityId: string,
  now: number,
): Promise<AccessContext | null> {
  const access =
    entityType === 'channel'
      ? await findChannelAccess(db, principal, entityId, now)
      : await findAccessContext(db, principal, entityId);
  return workspaceId === undefined || access?.workspaceId === workspaceId ? access : null;
}

/**
 * Returns the caller's access to the entities of a type in a workspace. A share never grants an operation on the whole
 * type.
 */
export async function findTypeAccess(
  db: Executor,
  principal: Principal,
  { entityType, operation }: EntityAccessRequest,
  workspaceId: string,
  now: number,
): Promise<AccessContext | null> {
  const access = await findAccessContext(db, principal, workspaceId);
  const userId = userIdOf(principal);
  if (!access || userId === null || entityType !== 'channel') return access;
  const shared = await findSharedOperations(db, userId, workspaceId, now);
  return { ...access, shared: shared.filter((each) => each !== operation) };
}

/** Returns the declaration of the operation in a workspace, with the caller's access to it; `null` without one of them. */
export async function findDeclaration(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  workspaceId: string,
): Promise<OperationDeclaration | null> {
  const access = await findAccessContext(db, principal, workspaceId);
  const role = await findDeclaredRole(db, workspaceId, request);
  return access && role ? { access, role } : null;
}

/** Returns a window of the declarations of the operation in those of the caller's workspaces that its scopes cover. */
export async function findOwnDeclarations(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  window: Omit<DeclarationWindow, 'workspaceIds'>,
): Promise<OperationDeclaration[]> {
  const userId = userIdOf(principal);
  if (userId === null) return [];
  const { operation, entityType } = request;
  const workspaceIds = isToken(principal) ? coveredWorkspaces(principal.chain, operation, entityType) : null;
  return findDeclarations(db, userId, request, { ...window, workspaceIds });
}

/**
 * Returns the token of a request and the caller's access to it; `null` if it is not in the workspace that the request
 * names.
 */
export async function findTokenAccess(
  db: Executor,
  principal: Principal,
  { workspaceId }: TokenAccessRequest,
  tokenId: string,
): Promise<TokenAccessContext | null> {
  const token = await findToken(db, tokenId);
  if (!token || (workspaceId !== undefined && token.workspaceId !== workspaceId)) return null;
  const needsAncestors = isToken(principal) && token.parentId !== null;
  return {
    token,
    ancestorIds: needsAncestors ? await findAncestorIds(db, tokenId) : [],
    workspace: token.workspaceId === null ? null : await findAccessContext(db, principal, token.workspaceId),
  };
}
