import {
  type AccessRequest,
  authorizeBeforeLookup,
  authorizeEntity,
  authorizeToken,
  type EntityAccessRequest,
} from '../../domain/authority.ts';
import { type Decision, type Denial, deny, NOT_FOUND, NOTHING_LOADED } from '../../domain/decision.ts';
import { type Principal, policySubjectOf, userIdOf } from '../../domain/principal.ts';
import { isBuiltIn, roleForOperation } from '../../domain/scopes.ts';
import { type VisibilityFilter, visibilityFilterFor, wholeTypeOf } from '../../domain/visibility.ts';
import type { MaybePromise } from '../../platform/maybe-promise.ts';
import type { Executor } from '../../storage/database.ts';
import { hasChannelWithin } from '../../storage/repositories/channels.ts';
import { hasMembership, hasWorkspaceWithin } from '../../storage/repositories/workspaces.ts';
import {
  findAccessContext,
  findEntityAccess,
  findRegistrationsFor,
  findTokenAccess,
  findTypeAccess,
  ownWorkspaceOf,
} from './access-context.ts';

/**
 * Called with the number of workspaces in which a request is going to be authorized one after the other. The authorization
 * continues when the promise resolves, and fails with its error if they are too many.
 */
export type OnScan = (workspaces: number) => Promise<void> | undefined;

/**
 * Decides on a request by the executor's view of the database at the instant `now`. This is the one path of authority:
 * fields, transactions, streams, access checks and `/verify` all call it. Returns a promise only if the decision depends
 * on stored data. Throws only what `onScan` throws, and errors of the database.
 */
export function authorize(
  db: Executor,
  principal: Principal,
  request: AccessRequest,
  now: number,
  onScan?: OnScan,
): MaybePromise<Decision> {
  return (
    authorizeBeforeLookup(principal, request) ?? authorizeByDatabase(db, principal, request, now, onScan)
  );
}

async function authorizeByDatabase(
  db: Executor,
  principal: Principal,
  request: AccessRequest,
  now: number,
  onScan?: OnScan,
): Promise<Decision> {
  switch (request.kind) {
    case 'role':
      return authorizeEntity(principal, request, await findAccessContext(db, principal, request.workspaceId));
    case 'entity': {
      if (!isBuiltIn(request.entityType)) return authorizeRegistered(db, principal, request, onScan);
      if (request.entityId === undefined) return authorizeType(db, principal, request, now);
      const access = await findEntityAccess(db, principal, request, request.entityId, now);
      return authorizeEntity(principal, request, access);
    }
    case 'token': {
      const { tokenId } = request;
      const context = tokenId === undefined ? null : await findTokenAccess(db, principal, request, tokenId);
      return authorizeToken(principal, request, context);
    }
    default:
      throw new Error(`a request of kind ${request.kind} needs no look-up`);
  }
}

/**
 * Decides on a request about a built-in type. A request about at least one entity is granted if one is visible; otherwise,
 * because there may be none yet, it is decided like one about every entity. A request about every entity is decided by the
 * caller's role in the workspace named, or in any workspace.
 */
async function authorizeType(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  now: number,
): Promise<Decision> {
  const workspaceId = request.workspaceId ?? ownWorkspaceOf(principal);
  const filter = visibilityFilterFor(principal, request.operation, request.entityType);
  if (request.any && (await isAnyVisible(db, filter, request, workspaceId, now))) return NOTHING_LOADED;
  if (workspaceId !== undefined) {
    const access = await findTypeAccess(db, principal, request, workspaceId, now);
    return authorizeEntity(principal, { ...request, workspaceId, any: false }, access);
  }
  const role = roleForOperation(request.operation);
  const userId = userIdOf(principal);
  // Scopes that do not cover every entity were denied before, so the role alone is left. `/verify` often checks this.
  const isEvery = !request.any && request.operation !== 'CREATE';
  const isAllowed =
    isEvery && userId !== null
      ? await hasMembership(db, userId, role, policySubjectOf(principal))
      : filter !== null && (await hasWorkspaceWithin(db, wholeTypeOf(filter)));
  return isAllowed ? NOTHING_LOADED : deny('ROLE_REQUIRED', { role });
}

/** Returns whether the operation is allowed on at least one entity. Listing is allowed even if the list is empty. */
async function isAnyVisible(
  db: Executor,
  filter: VisibilityFilter | null,
  { operation, entityType, ...request }: EntityAccessRequest,
  workspaceId: string | undefined,
  now: number,
): Promise<boolean> {
  if (!filter || operation === 'CREATE') return false;
  if (operation === 'LIST' && request.workspaceId === undefined) return true;
  return entityType === 'channel'
    ? hasChannelWithin(db, filter, workspaceId ?? null, now)
    : hasWorkspaceWithin(db, filter);
}

/**
 * Decides on a registered type in the workspace that the request names or, because its ids are opaque, in each workspace
 * of the caller that registered it. Returns the first grant, or the first denial with a reason.
 */
async function authorizeRegistered(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  onScan?: OnScan,
): Promise<Decision> {
  let denial: Denial = NOT_FOUND;
  const registrations = await findRegistrationsFor(db, principal, request);
  const pause = onScan?.(registrations.length);
  if (pause) await pause;
  for (const { access, operations } of registrations) {
    if (!operations.includes(request.operation)) continue;
    const decision = authorizeEntity(principal, request, access);
    if (decision.allowed) return decision;
    if (denial.code === 'NOT_FOUND') denial = decision;
  }
  return denial;
}
