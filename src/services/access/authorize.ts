import {
  type AccessContext,
  type AccessRequest,
  authorizeBeforeLookup,
  authorizeEntity,
  authorizeToken,
  type EntityAccessRequest,
  type Grant,
  NOTHING_LOADED,
  type TokenAccessContext,
  type TokenAccessRequest,
  type VisibilityFilter,
  visibilityFilterFor,
  wholeTypeOf,
} from '../../domain/authority.ts';
import { failure, forbidden, PosternError } from '../../domain/errors.ts';
import { isToken, type Principal, policySubjectOf, userIdOf } from '../../domain/principal.ts';
import { isBuiltIn, roleForOperation } from '../../domain/scopes.ts';
import type { Executor } from '../../storage/database.ts';
import { findSharedOperations } from '../../storage/repositories/channel-shares.ts';
import {
  findChannelStanding,
  findWorkspaceIdOf,
  hasChannelWithin,
} from '../../storage/repositories/channels.ts';
import {
  findEntityType,
  findRegistrations,
  type Registration,
} from '../../storage/repositories/entity-types.ts';
import { findAncestorIds, findToken } from '../../storage/repositories/tokens.ts';
import {
  findPolicy,
  findStanding,
  hasMembership,
  hasWorkspaceWithin,
} from '../../storage/repositories/workspaces.ts';

/** Is told how many workspaces a check is about to be tried in; resolves once it may. Throws if they are too many. */
export type OnScan = (workspaces: number) => Promise<void> | undefined;

/**
 * Judges an ask by the database as it stands for the executor, at an instant. Resolves to what the call may build on;
 * throws what a refused call answers: `UNAUTHENTICATED`, `FORBIDDEN` with its reason, or `NOT_FOUND`.
 */
export async function authorize(
  db: Executor,
  principal: Principal,
  ask: AccessRequest,
  now: number,
  onScan?: OnScan,
): Promise<Grant> {
  const grant = authorizeBeforeLookup(principal, ask);
  if (grant) return grant;
  switch (ask.kind) {
    case 'role':
      return authorizeEntity(principal, ask, await findAccessContext(db, principal, ask.workspaceId));
    case 'entity':
      if (!isBuiltIn(ask.entityType)) return judgeRegistered(db, principal, ask, onScan);
      return ask.entityId === undefined
        ? judgeType(db, principal, ask, now)
        : authorizeEntity(principal, ask, await entityStanding(db, principal, ask, ask.entityId, now));
    case 'token':
      return authorizeToken(principal, ask, await tokenStanding(db, principal, ask, ask.tokenId as string));
    default:
      throw new Error(`nothing is to be looked up for ${ask.kind}`);
  }
}

/** The caller's standing on an entity; `null` if it is not in the workspace that the check names. */
async function entityStanding(
  db: Executor,
  principal: Principal,
  { entityType, workspaceId }: EntityAccessRequest,
  entityId: string,
  now: number,
): Promise<AccessContext | null> {
  const standing =
    entityType === 'channel'
      ? await channelStanding(db, principal, entityId, now)
      : await findAccessContext(db, principal, entityId);
  return workspaceId === undefined || standing?.workspaceId === workspaceId ? standing : null;
}

/**
 * Judges a check on a built-in type. Any entity: whether there is one within the caller's reach or, since there may be none
 * yet, as for every entity. Every entity: by the role in the workspace named or, without one, in any of the caller's.
 */
async function judgeType(
  db: Executor,
  principal: Principal,
  ask: EntityAccessRequest,
  now: number,
): Promise<Grant> {
  const workspaceId = ask.workspaceId ?? ownWorkspaceOf(principal);
  const reach = visibilityFilterFor(principal, ask.operation, ask.entityType);
  if (ask.any && (await reachesOne(db, reach, ask, workspaceId, now))) return NOTHING_LOADED;
  if (workspaceId !== undefined) {
    const standing = await standingAmong(db, principal, ask, workspaceId, now);
    return authorizeEntity(principal, { ...ask, workspaceId, any: false }, standing);
  }
  const role = roleForOperation(ask.operation);
  const userId = userIdOf(principal);
  // For every entity, the scopes are known to have no limit by now, so the role alone is left. `/verify` asks this often.
  const isEvery = !ask.any && ask.operation !== 'CREATE';
  const isAllowed =
    isEvery && userId !== null
      ? await hasMembership(db, userId, role, policySubjectOf(principal))
      : reach !== null && (await hasWorkspaceWithin(db, wholeTypeOf(reach)));
  if (!isAllowed) throw forbidden('ROLE_REQUIRED', { role });
  return NOTHING_LOADED;
}

/** Whether there is an entity that the caller may do the operation to. A list that holds nothing may still be asked for. */
async function reachesOne(
  db: Executor,
  reach: VisibilityFilter | null,
  { operation, entityType, ...ask }: EntityAccessRequest,
  workspaceId: string | undefined,
  now: number,
): Promise<boolean> {
  if (!reach || operation === 'CREATE') return false;
  if (operation === 'LIST' && ask.workspaceId === undefined) return true;
  return entityType === 'channel'
    ? hasChannelWithin(db, reach, workspaceId ?? null, now)
    : hasWorkspaceWithin(db, reach);
}

/** The caller's standing on the entities of a type in a workspace, for an operation on the type: no share gives that. */
async function standingAmong(
  db: Executor,
  principal: Principal,
  { entityType, operation }: EntityAccessRequest,
  workspaceId: string,
  now: number,
): Promise<AccessContext | null> {
  const standing = await findAccessContext(db, principal, workspaceId);
  const userId = userIdOf(principal);
  if (!standing || userId === null || entityType !== 'channel') return standing;
  const shared = await findSharedOperations(db, userId, workspaceId, now);
  return { ...standing, shared: shared.filter((each) => each !== operation) };
}

/** How a caller stands to a channel; `null` where it is absent, or no concern of the caller's. */
async function channelStanding(
  db: Executor,
  principal: Principal,
  channelId: string,
  now: number,
): Promise<AccessContext | null> {
  const userId = userIdOf(principal);
  if (userId !== null) return findChannelStanding(db, userId, channelId, now);
  const workspaceId = await findWorkspaceIdOf(db, channelId);
  return workspaceId === null ? null : findAccessContext(db, principal, workspaceId);
}

/**
 * A registered type is judged where it is registered: in the workspace that the ask names or, its ids being opaque,
 * in any of the caller's workspaces that lets the call pass. Throws the first refusal that tells more than `NOT_FOUND`.
 */
async function judgeRegistered(
  db: Executor,
  principal: Principal,
  ask: EntityAccessRequest,
  onScan?: OnScan,
): Promise<Grant> {
  let refusal = failure('NOT_FOUND');
  const registrations = await registrationsFor(db, principal, ask);
  const pause = onScan?.(registrations.length);
  if (pause) await pause;
  for (const { standing, operations } of registrations) {
    if (!operations.includes(ask.operation)) continue;
    try {
      return authorizeEntity(principal, ask, standing);
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      if (refusal.code === 'NOT_FOUND') refusal = error;
    }
  }
  throw refusal;
}

async function registrationsFor(
  db: Executor,
  principal: Principal,
  ask: EntityAccessRequest,
): Promise<Registration[]> {
  const workspaceId = ask.workspaceId ?? ownWorkspaceOf(principal);
  if (workspaceId === undefined) {
    const userId = userIdOf(principal);
    return userId === null ? [] : findRegistrations(db, userId, ask.entityType);
  }
  const standing = await findAccessContext(db, principal, workspaceId);
  const type = await findEntityType(db, workspaceId, ask.entityType);
  return standing && type ? [{ standing, operations: type.operations }] : [];
}

/** The one workspace that a workspace token acts in. */
function ownWorkspaceOf(principal: Principal): string | undefined {
  return principal.kind === 'WORKSPACE_TOKEN' ? principal.workspaceId : undefined;
}

/** How a caller stands to a workspace; `null` where it is absent, or no concern of the caller's. */
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
  return userId === null ? null : findStanding(db, userId, workspaceId);
}

async function tokenStanding(
  db: Executor,
  principal: Principal,
  { workspaceId }: TokenAccessRequest,
  tokenId: string,
): Promise<TokenAccessContext | null> {
  const token = await findToken(db, tokenId);
  if (!token || (workspaceId !== undefined && token.workspaceId !== workspaceId)) return null;
  const hasAncestors = isToken(principal) && token.parentId !== null;
  return {
    token,
    ancestorIds: hasAncestors ? await findAncestorIds(db, tokenId) : [],
    workspace: token.workspaceId === null ? null : await findAccessContext(db, principal, token.workspaceId),
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
