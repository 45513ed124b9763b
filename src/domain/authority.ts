import type { ReauthenticationRule } from './accounts/reauthentication.ts';
import {
  type AccessContext,
  type Decision,
  type Denial,
  deny,
  type Grant,
  NOT_FOUND,
  NOTHING_LOADED,
  UNAUTHENTICATED,
} from './decision.ts';
import { decodeGlobalId, toGlobalId } from './global-id.ts';
import { isOpenTo } from './policy.ts';
import {
  isScopedWorkspaceToken,
  isToken,
  type Principal,
  policyEnd,
  policySubjectOf,
  type TokenPrincipal,
} from './principal.ts';
import { isAtLeast, type Role } from './roles.ts';
import { covers, extentOf, type ScopeTarget } from './scope-coverage.ts';
import { type BuiltInEntityType, isBuiltIn, type Operation, roleForOperation } from './scopes.ts';
import type { Token } from './token.ts';

/** A request for access, with the ids of one call: is this caller allowed to do that? */
export type AccessRequest =
  /** Every caller is allowed. */
  | { readonly kind: 'anyone' }
  /** Refused to tokens: signing in, and what proves who a person is. */
  | { readonly kind: 'person' }
  /** Requires a credential of any kind. */
  | { readonly kind: 'credential' }
  /** Requires a session, whose password must not be temporary unless the request allows that. */
  | ({
      readonly kind: 'session';
      readonly allowsTemporaryPassword?: boolean | undefined;
      /** Refuses the session of a command line, and a JSON Web Token of a provider. */
      readonly consoleOnly?: boolean | undefined;
    } & SensitiveRequest)
  /** Requires a role in a workspace, and refuses every personal token. A session of the user `selfId` needs membership only. */
  | ({
      readonly kind: 'role';
      readonly role: Role;
      readonly workspaceId: string;
      readonly selfId?: string | undefined;
    } & SensitiveRequest)
  /** Requires a session of an Administrator of a workspace, which is named or is that of a federation. */
  | ({
      readonly kind: 'federation';
      readonly workspaceId?: string | undefined;
      readonly federationId?: string | undefined;
    } & SensitiveRequest)
  | EntityAccessRequest
  | TokenAccessRequest;

/** A request that can require a re-authenticated session; `undefined` if it never does. */
interface SensitiveRequest {
  readonly reauthentication?: ReauthenticationRule | undefined;
}

/**
 * Marks a look-up or a list. Its query leaves out what is not visible to the caller, so only a denial that needs no look-up is
 * decided here.
 */
interface LookupRequest {
  readonly lookup?: boolean;
}

/**
 * An operation on a workspace, a channel or a registered entity. Without an id, the request is about every entity of the
 * type, or with `any` about at least one.
 */
export interface EntityAccessRequest extends ScopeTarget, LookupRequest {
  readonly kind: 'entity';
}

/** An operation on a token. Without an id, the request is about all tokens of the caller, or with `any` about at least one. */
export interface TokenAccessRequest extends LookupRequest, SensitiveRequest {
  readonly kind: 'token';
  readonly operation: Operation;
  readonly tokenId?: string | undefined;
  readonly any?: boolean | undefined;
  /** The workspace that the token must belong to. */
  readonly workspaceId?: string | undefined;
  /** The role that the operation requires on a workspace token. */
  readonly workspaceRole: Role;
  /** Refuses every personal token, regardless of its scopes. */
  readonly refusesPersonalTokens?: boolean;
  /** The operation gives authority, so a token is allowed it only on itself and its descendants. */
  readonly subtreeOnly?: boolean;
}

/** What decides on a request about a token: the token, and the caller's access to its workspace. */
export interface TokenAccessContext {
  readonly token: Token;
  /** The tokens that it derives from; not loaded for a session, which no rule about descendants concerns. */
  readonly ancestorIds: readonly string[];
  /** The caller's access to the workspace of the token; `null` for a personal token and for a caller without access. */
  readonly workspace: AccessContext | null;
}

/** Returns the role that an operation on workspace tokens requires, unless the field declares another. */
export function tokenRoleFor(operation: Operation): Role {
  if (operation === 'READ' || operation === 'LIST') return 'VIEWER';
  return operation === 'DELETE' ? 'ADMINISTRATOR' : 'WORKSPACE_MANAGER';
}

const NODE_TYPES = { workspace: 'Workspace', channel: 'Channel', token: 'Token' } as const;

/** Returns the global id of a built-in entity; the id of a registered entity is opaque and returned unchanged. */
export function globalEntityId(entityType: string, entityId: string): string {
  return isBuiltIn(entityType) ? toGlobalId(NODE_TYPES[entityType], entityId) : entityId;
}

/** Returns the UUID in the global id of a built-in entity; `NIL_UUID` if it is malformed or of another type. */
export function builtInEntityId(entityType: BuiltInEntityType, globalId: string): string {
  return decodeGlobalId(NODE_TYPES[entityType], globalId);
}

function missingScope({ operation, entityType, entityId }: ScopeTarget): Denial {
  return deny('MISSING_SCOPE', {
    operation,
    entityType,
    entityId: entityId === undefined ? null : globalEntityId(entityType, entityId),
  });
}

/**
 * Decides what depends on the caller alone; `null` if the decision depends on stored data. So this denial reveals nothing
 * about what exists.
 */
export function authorizeBeforeLookup(principal: Principal, request: AccessRequest): Decision | null {
  const denial = denialBeforeLookup(principal, request);
  if (denial) return denial;
  switch (request.kind) {
    case 'role':
    case 'federation':
      return null;
    case 'token':
      return request.lookup || request.tokenId === undefined ? NOTHING_LOADED : null;
    case 'entity':
      return request.lookup || isAllowedByOpenRole(principal, request) ? NOTHING_LOADED : null;
    default:
      return NOTHING_LOADED;
  }
}

/** Returns whether a role that the owner of a personal token has in some workspace is known to allow a request about every entity. */
function isAllowedByOpenRole(principal: Principal, request: EntityAccessRequest): boolean {
  if (principal.kind !== 'PERSONAL_TOKEN' || principal.openRole === null) return false;
  if (!isBuiltIn(request.entityType) || request.workspaceId !== undefined) return false;
  return extentOf(request) === 'EVERY' && isAtLeast(principal.openRole, roleForOperation(request.operation));
}

function denialBeforeLookup(principal: Principal, request: AccessRequest): Denial | null {
  if (request.kind === 'anyone') return null;
  if (request.kind === 'person') return isToken(principal) ? deny('SESSION_REQUIRED') : null;
  if (principal.kind === 'ANONYMOUS') return UNAUTHENTICATED;
  if (mustChangePassword(principal, request)) return deny('PASSWORD_CHANGE_REQUIRED');
  switch (request.kind) {
    case 'credential':
      return null;
    case 'session':
      if (principal.kind !== 'SESSION') return deny('SESSION_REQUIRED');
      return request.consoleOnly && (principal.isCommandLine || principal.isJwt)
        ? deny('SESSION_REQUIRED')
        : null;
    case 'federation':
      return principal.kind === 'SESSION' ? null : deny('SESSION_REQUIRED');
    case 'role':
      return principal.kind === 'PERSONAL_TOKEN' || isScopedWorkspaceToken(principal)
        ? deny('ROLE_GATED')
        : null;
    case 'token':
      if (principal.kind === 'WORKSPACE_TOKEN') {
        if (request.tokenId === undefined) return deny('SESSION_REQUIRED');
        return isScopedWorkspaceToken(principal) ? deny('ROLE_GATED') : null;
      }
      if (request.refusesPersonalTokens && principal.kind === 'PERSONAL_TOKEN')
        return deny('SESSION_REQUIRED');
      return denialByScope(principal, scopeTargetOf(request));
    case 'entity':
      return denialByScope(principal, request);
  }
}

/** Returns whether the caller has to choose another password before making this request. */
function mustChangePassword(principal: Principal, request: AccessRequest): boolean {
  if (principal.kind !== 'SESSION' || !principal.mustChangePassword) return false;
  return request.kind !== 'session' || !request.allowsTemporaryPassword;
}

/** Returns what scopes must cover for a request about a token. Copying the request would take more time than the decision. */
function scopeTargetOf({ operation, tokenId, any, workspaceId }: TokenAccessRequest): ScopeTarget {
  return { operation, entityType: 'token', entityId: tokenId, any, workspaceId };
}

function denialByScope(principal: Principal, target: ScopeTarget): Denial | null {
  if (!isToken(principal)) return null;
  const own = principal.kind === 'WORKSPACE_TOKEN' ? principal.workspaceId : undefined;
  const located = { ...target, workspaceId: target.workspaceId ?? own };
  return covers(principal.chain, located) ? null : missingScope(target);
}

/**
 * Decides on a workspace or an entity in it; a context of `null` means that it does not exist or that the caller has no
 * access. `declaredRole` is the role that a registered type declares for the operation.
 */
export function authorizeEntity(
  principal: Principal,
  request: Extract<AccessRequest, { kind: 'role' | 'entity' }>,
  context: AccessContext | null,
  now: number,
  declaredRole?: Role,
): Decision {
  if (!context || (context.role === null && context.shared.length === 0)) return NOT_FOUND;
  if (request.kind === 'entity' && isToken(principal)) {
    const { workspaceId } = context;
    const entityId = request.entityType === 'workspace' ? workspaceId : request.entityId;
    if (!covers(principal.chain, { ...request, entityId, workspaceId })) return NOT_FOUND;
  }
  const subject = policySubjectOf(principal, now);
  if (subject && !isOpenTo(context.policy, subject)) return deny('POLICY');
  if (request.kind === 'entity' && context.shared.includes(request.operation))
    return grantFor(principal, context);
  const required =
    request.kind === 'role' ? request.role : (declaredRole ?? roleForOperation(request.operation));
  const isSelf =
    request.kind === 'role' && principal.kind === 'SESSION' && request.selfId === principal.userId;
  const hasRole = context.role !== null && (isSelf || isAtLeast(context.role, required));
  return hasRole ? grantFor(principal, context) : deny('ROLE_REQUIRED', { role: required });
}

function grantFor(principal: Principal, access: AccessContext): Grant {
  const endsAt = policyEnd(principal, access.policy);
  return { allowed: true, role: access.role, access, token: null, endsAt };
}

/** Decides on a token; a context of `null` means that it does not exist. */
export function authorizeToken(
  principal: Principal,
  request: TokenAccessRequest,
  context: TokenAccessContext | null,
  now: number,
): Decision {
  if (!context) return NOT_FOUND;
  const { token } = context;
  if (token.kind === 'WORKSPACE') return authorizeWorkspaceToken(principal, request, context, now);
  const isOwn =
    principal.kind === 'SESSION'
      ? token.ownerId === principal.userId
      : principal.kind === 'PERSONAL_TOKEN' && isWithinSubtree(principal, request, context);
  return isOwn ? { ...NOTHING_LOADED, token } : NOT_FOUND;
}

function authorizeWorkspaceToken(
  principal: Principal,
  request: TokenAccessRequest,
  context: TokenAccessContext,
  now: number,
): Decision {
  const { token, workspace } = context;
  if (principal.kind === 'PERSONAL_TOKEN' || !workspace) return NOT_FOUND;
  const { workspaceId } = workspace;
  const role = { kind: 'role', role: request.workspaceRole, workspaceId } as const;
  const decision = authorizeEntity(principal, role, workspace, now);
  if (!decision.allowed) return decision;
  const grant = { ...decision, token };
  if (request.operation === 'READ' || request.operation === 'LIST') return grant;
  // A token whose role is unknown may have the highest one, so no role is sufficient.
  if (token.role === null || grant.role === null || !isAtLeast(grant.role, token.role)) {
    return deny('ROLE_REQUIRED', { role: token.role ?? 'OWNER' });
  }
  const exceedsCaller =
    request.subtreeOnly && isToken(principal) && !isWithinSubtree(principal, request, context);
  return exceedsCaller ? deny('EXCEEDS_CALLER') : grant;
}

function isWithinSubtree(
  { tokenId }: TokenPrincipal,
  request: TokenAccessRequest,
  { ancestorIds }: TokenAccessContext,
): boolean {
  return request.tokenId === tokenId || ancestorIds.includes(tokenId);
}
