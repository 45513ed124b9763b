import {
  type Ask,
  decideOnEntity,
  decideOnToken,
  type EntityAsk,
  type Grant,
  reachOf,
  refusalBeforeLookup,
  type Standing,
  type TokenStanding,
} from '../domain/authority.ts';
import { forbidden, PosternError } from '../domain/errors.ts';
import { type Principal, userIdOf } from '../domain/principal.ts';
import { roleForOperation } from '../domain/scopes.ts';
import type { Executor } from '../storage/database.ts';
import { findAncestorIds, findToken } from '../storage/tokens.ts';
import { findPolicy, findStanding } from '../storage/workspaces.ts';

const NO_GRANT: Grant = Object.freeze({ workspaceId: null, role: null });

/**
 * Judges an ask by the database as it stands for the executor. Resolves to what the call may build on; throws what a
 * refused call answers: `UNAUTHENTICATED`, `FORBIDDEN` with its reason, or `NOT_FOUND`.
 */
export async function judge(db: Executor, principal: Principal, ask: Ask): Promise<Grant> {
  const refusal = refusalBeforeLookup(principal, ask);
  if (refusal) throw refusal;
  switch (ask.kind) {
    case 'role':
      return decideOnEntity(principal, ask, await standingIn(db, principal, ask.workspaceId));
    case 'entity':
      return ask.lookup ? NO_GRANT : judgeEntity(db, principal, ask);
    case 'token':
      if (ask.lookup || ask.tokenId === undefined) return NO_GRANT;
      return decideOnToken(principal, ask, await tokenStanding(db, principal, ask.tokenId));
    default:
      return NO_GRANT;
  }
}

async function judgeEntity(db: Executor, principal: Principal, ask: EntityAsk): Promise<Grant> {
  if (ask.entityId === undefined && ask.workspaceId === undefined) {
    if (reachOf(principal, ask.operation, ask.entityType)) return NO_GRANT;
    throw forbidden('ROLE_REQUIRED', { role: roleForOperation(ask.operation) });
  }
  return decideOnEntity(principal, ask, await entityStanding(db, principal, ask));
}

async function entityStanding(db: Executor, principal: Principal, ask: EntityAsk): Promise<Standing | null> {
  const workspaceId = ask.entityType === 'workspace' ? (ask.entityId ?? ask.workspaceId) : ask.workspaceId;
  return workspaceId === undefined ? null : standingIn(db, principal, workspaceId);
}

/** How a caller stands to a workspace; `null` where it is absent, or no concern of the caller's. */
export async function standingIn(
  db: Executor,
  principal: Principal,
  workspaceId: string,
): Promise<Standing | null> {
  if (principal.kind === 'WORKSPACE_TOKEN') {
    if (principal.workspaceId !== workspaceId) return null;
    const policy = await findPolicy(db, workspaceId);
    return policy && { workspaceId, role: principal.role, shared: [], policy };
  }
  const userId = userIdOf(principal);
  return userId === null ? null : findStanding(db, userId, workspaceId);
}

async function tokenStanding(
  db: Executor,
  principal: Principal,
  tokenId: string,
): Promise<TokenStanding | null> {
  const token = await findToken(db, tokenId);
  if (!token) return null;
  return {
    kind: token.kind,
    ownerId: token.ownerId,
    role: token.role,
    ancestorIds: token.parentId === null ? [] : await findAncestorIds(db, tokenId),
    workspace: token.workspaceId === null ? null : await standingIn(db, principal, token.workspaceId),
  };
}

/** What a look-up answers: `null` where the thing is absent, not visible, or closed by policy. Other refusals pass through. */
export async function nullIfHidden<T>(lookUp: () => Promise<T>): Promise<T | null> {
  try {
    return await lookUp();
  } catch (error) {
    const hidden =
      error instanceof PosternError && (error.code === 'NOT_FOUND' || error.detail.reason === 'POLICY');
    if (hidden) return null;
    throw error;
  }
}
