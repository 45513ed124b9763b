import {
  concerns,
  isReauthenticated,
  type ReauthenticationRule,
} from '../../domain/accounts/reauthentication.ts';
import {
  type AccessRequest,
  authorizeBeforeLookup,
  authorizeEntity,
  authorizeToken,
  type EntityAccessRequest,
} from '../../domain/authority.ts';
import { type Decision, deny, type Grant, NOT_FOUND, NOTHING_LOADED } from '../../domain/decision.ts';
import { type Principal, policyEnd, policySubjectOf, userIdOf } from '../../domain/principal.ts';
import type { Role } from '../../domain/roles.ts';
import { extentOf } from '../../domain/scope-coverage.ts';
import { isBuiltIn, roleForOperation } from '../../domain/scopes.ts';
import { type VisibilityFilter, visibilityFilterFor, wholeTypeOf } from '../../domain/visibility.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { Executor } from '../../storage/database.ts';
import { hasChannelWithin } from '../../storage/repositories/channels.ts';
import { type DeclarationWindow, findLeastRole } from '../../storage/repositories/entity-types.ts';
import { findFederation } from '../../storage/repositories/federation/federations.ts';
import { findMember } from '../../storage/repositories/members.ts';
import { findMembership, hasWorkspaceWithin } from '../../storage/repositories/workspaces.ts';
import {
  findAccessContext,
  findDeclaration,
  findEntityAccess,
  findOwnDeclarations,
  findTokenAccess,
  findTypeAccess,
  ownWorkspaceOf,
} from './access-context.ts';

/**
 * Called with the number of workspaces in which a request is to be authorized one after the other. The authorization
 * continues when the promise resolves. Throws or rejects if there are too many.
 */
export type OnScan = (workspaces: number) => Promise<void> | undefined;

/**
 * Returns the decision on a request, by the executor's view of the database at the instant `now`. Returns a promise
 * only if the decision depends on stored data. Throws only the errors of `onScan` and of the database. Fields,
 * transactions, streams, access checks and `/verify` all call this function.
 */
export function authorize(
  db: Executor,
  principal: Principal,
  request: AccessRequest,
  now: number,
  onScan?: OnScan,
): MaybePromise<Decision> {
  const decision =
    authorizeBeforeLookup(principal, request) ?? authorizeByDatabase(db, principal, request, now, onScan);
  const rule = 'reauthentication' in request ? request.reauthentication : undefined;
  if (!rule || isReauthenticated(principal, now)) return decision;
  return andThen(decision, (allowed) =>
    allowed.allowed ? authorizeStaleSession(db, request, rule, allowed) : allowed,
  );
}

/** Returns the decision on an allowed request of a session that is not re-authenticated. */
async function authorizeStaleSession(
  db: Executor,
  request: AccessRequest,
  rule: ReauthenticationRule,
  grant: Grant,
): Promise<Decision> {
  const roles: (Role | null)[] = [];
  if (request.kind === 'token' && request.subtreeOnly && grant.token?.kind === 'WORKSPACE') {
    roles.push(grant.token.role ?? 'OWNER');
  }
  if (request.kind === 'role' && rule.memberId !== undefined) {
    roles.push((await findMember(db, request.workspaceId, rule.memberId))?.role ?? null);
  }
  return concerns(rule, roles) ? deny('REAUTHENTICATION_REQUIRED') : grant;
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
      return authorizeEntity(
        principal,
        request,
        await findAccessContext(db, principal, request.workspaceId),
        now,
      );
    case 'federation':
      return authorizeFederation(db, principal, request, now);
    case 'entity': {
      if (!isBuiltIn(request.entityType)) return authorizeRegistered(db, principal, request, now, onScan);
      if (request.entityId === undefined) return authorizeType(db, principal, request, now);
      const access = await findEntityAccess(db, principal, request, request.entityId, now);
      return authorizeEntity(principal, request, access, now);
    }
    case 'token': {
      const { tokenId } = request;
      const context = tokenId === undefined ? null : await findTokenAccess(db, principal, request, tokenId);
      return authorizeToken(principal, request, context, now);
    }
    default:
      throw new Error(`a request of kind ${request.kind} needs no look-up`);
  }
}

/** Returns the decision on a request about a federation. Only Administrators see one, so others learn nothing of it. */
async function authorizeFederation(
  db: Executor,
  principal: Principal,
  { workspaceId: named, federationId }: Extract<AccessRequest, { kind: 'federation' }>,
  now: number,
): Promise<Decision> {
  const workspaceId = named ?? (await findFederation(db, federationId ?? ''))?.workspaceId;
  if (workspaceId === undefined) return NOT_FOUND;
  const request = { kind: 'role', role: 'ADMINISTRATOR', workspaceId } as const;
  const access = await findAccessContext(db, principal, workspaceId);
  const decision = authorizeEntity(principal, request, access, now);
  return decision.allowed || named !== undefined ? decision : NOT_FOUND;
}

/**
 * Returns the decision on a request about a built-in type. A request about every entity is decided by the caller's role
 * in the workspace of the request or, without one, in any workspace. A request about at least one entity is allowed if
 * one is visible. Otherwise it is decided like a request about every entity, because there may be no entity yet.
 */
async function authorizeType(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  now: number,
): Promise<Decision> {
  const workspaceId = request.workspaceId ?? ownWorkspaceOf(principal);
  const filter = visibilityFilterFor(principal, request.operation, request.entityType, now);
  if (request.any && (await isAnyVisible(db, filter, request, workspaceId, now))) return NOTHING_LOADED;
  if (workspaceId !== undefined) {
    const access = await findTypeAccess(db, principal, request, workspaceId, now);
    return authorizeEntity(principal, { ...request, workspaceId, any: false }, access, now);
  }
  const role = roleForOperation(request.operation);
  const userId = userIdOf(principal);
  // Scopes that do not cover every entity are already denied, so only the role matters. `/verify` often checks this.
  if (extentOf(request) === 'EVERY' && userId !== null) {
    const policy = await findMembership(db, userId, role, policySubjectOf(principal, now));
    if (policy) return { ...NOTHING_LOADED, endsAt: policyEnd(principal, policy) };
  } else if (filter !== null && (await hasWorkspaceWithin(db, wholeTypeOf(filter)))) {
    // Which workspace it is, and so when its policy closes it, is not known.
    return { ...NOTHING_LOADED, endsAt: now };
  }
  return deny('ROLE_REQUIRED', { role });
}

/** Returns whether the operation is allowed on at least one entity. `LIST` is allowed even if the list is empty. */
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

/** The workspaces of a caller that are read together. */
const DECLARATIONS_AT_ONCE = 500;

/**
 * Returns the first grant among the declarations after a place. Unless `onlyHeld`, a denial with a reason also ends the search.
 */
async function findDecision(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  now: number,
  onScan: OnScan | undefined,
  { onlyHeld, ...start }: Pick<DeclarationWindow, 'after' | 'onlyHeld'>,
): Promise<Decision> {
  let { after } = start;
  // Mostly the first one decides.
  for (let limit = 1; ; limit = DECLARATIONS_AT_ONCE) {
    const declarations = await findOwnDeclarations(db, principal, request, { after, limit, onlyHeld });
    const pause = onScan?.(declarations.length);
    if (pause) await pause;
    for (const { access, role } of declarations) {
      const decision = authorizeEntity(principal, request, access, now, role);
      if (decision.allowed || (!onlyHeld && decision.code !== 'NOT_FOUND')) return decision;
      after = { role: access.role ?? after.role, workspaceId: access.workspaceId };
    }
    if (declarations.length < limit) return NOT_FOUND;
  }
}

/**
 * Returns the decision on a request about a registered type: the first grant, or the first denial with a reason. Ids of
 * registered types are opaque, so without a workspace it checks each workspace of the caller that declares the operation on
 * the type. First come those in which the caller's role is high enough: among them are none in which it is lower than any
 * workspace requires, so these are not read.
 */
async function authorizeRegistered(
  db: Executor,
  principal: Principal,
  request: EntityAccessRequest,
  now: number,
  onScan?: OnScan,
): Promise<Decision> {
  const workspaceId = request.workspaceId ?? ownWorkspaceOf(principal);
  if (workspaceId !== undefined) {
    const declaration = await findDeclaration(db, principal, request, workspaceId);
    if (!declaration) return NOT_FOUND;
    return authorizeEntity(principal, request, declaration.access, now, declaration.role);
  }
  const { entityType, operation } = request;
  const least = await findLeastRole(db, { entityType, operation });
  if (least === null) return NOT_FOUND;
  const findIn = (role: Role, onlyHeld: boolean) =>
    findDecision(db, principal, request, now, onScan, { after: { role, workspaceId: '' }, onlyHeld });
  const held = await findIn(least, true);
  return held.allowed ? held : findIn('VIEWER', false);
}
