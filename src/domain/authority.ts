import { failure, forbidden, type PosternError } from './errors.ts';
import { decodeGlobalId, toGlobalId } from './global-id.ts';
import { isOpenTo, type PolicySubject, type TokenPolicy } from './policy.ts';
import { isToken, type Principal, policySubjectOf, type TokenPrincipal } from './principal.ts';
import { isAtLeast, type Role } from './roles.ts';
import { clausesOf, covers, type ScopeTarget, type VisibilityClause } from './scope-coverage.ts';
import { type BuiltInEntityType, isBuiltIn, type Operation, roleForOperation } from './scopes.ts';
import type { Token } from './token.ts';

/**
 * A question of authority with its ids filled in: may this caller do that thing?
 * `lookup: true` marks a look-up or a list, whose visibility the query itself holds: what is absent or out of reach is
 * left out there, so only what can be refused without looking is refused here.
 */
export type AccessRequest =
  /** Anyone at all. */
  | { readonly kind: 'anyone' }
  /** Anyone but a token: what makes or proves a person. */
  | { readonly kind: 'person' }
  /** Any caller with a credential. */
  | { readonly kind: 'credential' }
  /** A signed-in person. */
  | { readonly kind: 'session' }
  /** A role in a workspace; refused to every personal token. A session may always do it to itself, where `selfId` says whom. */
  | {
      readonly kind: 'role';
      readonly role: Role;
      readonly workspaceId: string;
      readonly selfId?: string | undefined;
    }
  | EntityAccessRequest
  | TokenAccessRequest;

/** An operation on a workspace, a channel or a registered entity. Without an id it is about every one, or any one if so marked. */
export interface EntityAccessRequest extends ScopeTarget {
  readonly kind: 'entity';
  readonly lookup?: boolean;
}

/** An operation on a token; without an id, on every one of the caller's tokens, or any one if so marked. */
export interface TokenAccessRequest {
  readonly kind: 'token';
  readonly operation: Operation;
  readonly tokenId?: string | undefined;
  readonly any?: boolean | undefined;
  /** The workspace that the token must belong to. */
  readonly workspaceId?: string | undefined;
  /** What it takes on a workspace token. */
  readonly workspaceRole: Role;
  /** No scope is enough for it. */
  readonly refusesPersonalTokens?: boolean;
  /** It gives authority: a token may do it only to itself and its descendants. */
  readonly subtreeOnly?: boolean;
  readonly lookup?: boolean;
}

/** How a caller stands to a workspace, or to an entity in one. */
export interface AccessContext {
  readonly workspaceId: string;
  /** `null` for who is no member. */
  readonly role: Role | null;
  /** The operations on the entity that were shared with the caller's user. */
  readonly shared: readonly Operation[];
  readonly policy: TokenPolicy;
}

/** What decides on a request about a token: the token, and the caller's access to its workspace. */
export interface TokenAccessContext {
  readonly token: Token;
  /** The tokens that it derives from; not loaded for a session, which no rule about descendants concerns. */
  readonly ancestorIds: readonly string[];
  /** The caller's access to the workspace of the token; `null` for a personal token and for a caller without access. */
  readonly workspace: AccessContext | null;
}

/**
 * An allowed request, with the rows that were loaded to decide on it. Inside a transaction they are current, so the work
 * uses them and does not read them again.
 */
export interface Grant {
  /** The caller's role in the workspace concerned; `null` if the caller is not a member, or no single workspace is concerned. */
  readonly role: Role | null;
  /** The caller's access to that workspace, with its token policy. */
  readonly access: AccessContext | null;
  /** The token that the request names. */
  readonly token: Token | null;
}

/** The grant of a request that was decided without a look-up. */
export const NOTHING_LOADED: Grant = Object.freeze({ role: null, access: null, token: null });

/** The entities of a type that a caller may do an operation on, as data that a query can filter by. */
export interface VisibilityFilter {
  readonly holder: { readonly userId: string } | { readonly workspaceId: string };
  readonly operation: Operation;
  /** What a member needs. */
  readonly role: Role;
  /** Each group must have a clause that fits; no group, no limit. */
  readonly limits: readonly (readonly VisibilityClause[])[];
  /** What the workspaces' policies look at; `null` for a session. */
  readonly subject: PolicySubject | null;
}

/** The token-management role by operation, where the asking field does not say more. */
export function tokenRoleFor(operation: Operation): Role {
  if (operation === 'READ' || operation === 'LIST') return 'VIEWER';
  return operation === 'DELETE' ? 'ADMINISTRATOR' : 'WORKSPACE_MANAGER';
}

const NODE_TYPES = { workspace: 'Workspace', channel: 'Channel', token: 'Token' } as const;

/** The global id of an entity; ids of registered types are the caller's own and stay as they are. */
export function globalEntityId(entityType: string, entityId: string): string {
  return isBuiltIn(entityType) ? toGlobalId(NODE_TYPES[entityType], entityId) : entityId;
}

/** The UUID of an entity that a caller names by its global id; `NIL_UUID` where that is malformed or of another type. */
export function builtInEntityId(entityType: BuiltInEntityType, globalId: string): string {
  return decodeGlobalId(NODE_TYPES[entityType], globalId);
}

function missingScope(operation: Operation, entityType: string, entityId?: string): PosternError {
  return forbidden('MISSING_SCOPE', {
    operation,
    entityType,
    entityId: entityId === undefined ? null : globalEntityId(entityType, entityId),
  });
}

/**
 * What follows from the caller alone, whatever is stored: a grant, or `null` where that depends on what is. Throws the
 * refusal, which tells nothing about what exists.
 */
export function authorizeBeforeLookup(principal: Principal, ask: AccessRequest): Grant | null {
  const refusal = refusalBeforeLookup(principal, ask);
  if (refusal) throw refusal;
  switch (ask.kind) {
    case 'role':
      return null;
    case 'token':
      return ask.lookup || ask.tokenId === undefined ? NOTHING_LOADED : null;
    case 'entity':
      return ask.lookup ? NOTHING_LOADED : null;
    default:
      return NOTHING_LOADED;
  }
}

/** The refusal that needs no look-up, `null` where none is due. So a refusal tells nothing about what exists. */
export function refusalBeforeLookup(principal: Principal, ask: AccessRequest): PosternError | null {
  if (ask.kind === 'anyone') return null;
  if (ask.kind === 'person') return isToken(principal) ? forbidden('SESSION_REQUIRED') : null;
  if (principal.kind === 'ANONYMOUS') return failure('UNAUTHENTICATED');
  switch (ask.kind) {
    case 'credential':
      return null;
    case 'session':
      return principal.kind === 'SESSION' ? null : forbidden('SESSION_REQUIRED');
    case 'role':
      return principal.kind === 'PERSONAL_TOKEN' ? forbidden('ROLE_GATED') : null;
    case 'token':
      if (principal.kind === 'WORKSPACE_TOKEN')
        return ask.tokenId === undefined ? forbidden('SESSION_REQUIRED') : null;
      if (ask.refusesPersonalTokens && principal.kind === 'PERSONAL_TOKEN')
        return forbidden('SESSION_REQUIRED');
      return refusalOfScope(principal, { ...ask, entityType: 'token', entityId: ask.tokenId });
    case 'entity':
      return refusalOfScope(principal, ask);
  }
}

function refusalOfScope(principal: Principal, target: ScopeTarget): PosternError | null {
  if (principal.kind !== 'PERSONAL_TOKEN' || covers(principal.chain, target)) return null;
  return missingScope(target.operation, target.entityType, target.entityId);
}

/** Decides on a workspace or an entity in it; throws what a refused call answers. `null` stands for absent. */
export function authorizeEntity(
  principal: Principal,
  ask: Extract<AccessRequest, { kind: 'role' | 'entity' }>,
  standing: AccessContext | null,
): Grant {
  if (!standing || (standing.role === null && standing.shared.length === 0)) throw failure('NOT_FOUND');
  if (ask.kind === 'entity' && principal.kind === 'PERSONAL_TOKEN') {
    const { workspaceId } = standing;
    const entityId = ask.entityType === 'workspace' ? workspaceId : ask.entityId;
    if (!covers(principal.chain, { ...ask, entityId, workspaceId })) throw failure('NOT_FOUND');
  }
  const subject = policySubjectOf(principal);
  if (subject && !isOpenTo(standing.policy, subject)) throw forbidden('POLICY');
  if (ask.kind === 'entity' && standing.shared.includes(ask.operation)) return grantOf(standing);
  const required = ask.kind === 'role' ? ask.role : roleForOperation(ask.operation);
  const itself = ask.kind === 'role' && principal.kind === 'SESSION' && ask.selfId === principal.userId;
  if (standing.role === null || !(itself || isAtLeast(standing.role, required))) {
    throw forbidden('ROLE_REQUIRED', { role: required });
  }
  return grantOf(standing);
}

function grantOf(access: AccessContext): Grant {
  return { role: access.role, access, token: null };
}

/** Decides on a token; throws what a refused call answers. `null` stands for absent. */
export function authorizeToken(
  principal: Principal,
  ask: TokenAccessRequest,
  context: TokenAccessContext | null,
): Grant {
  if (!context) throw failure('NOT_FOUND');
  const { token, workspace } = context;
  if (token.kind === 'PERSONAL') {
    const own =
      principal.kind === 'SESSION'
        ? token.ownerId === principal.userId
        : principal.kind === 'PERSONAL_TOKEN' && isWithinSubtree(principal, ask, context);
    if (!own) throw failure('NOT_FOUND');
    return { ...NOTHING_LOADED, token };
  }
  if (principal.kind === 'PERSONAL_TOKEN' || !workspace) throw failure('NOT_FOUND');
  const { workspaceId } = workspace;
  const needed = { kind: 'role', role: ask.workspaceRole, workspaceId } as const;
  const grant = { ...authorizeEntity(principal, needed, workspace), token };
  const reads = ask.operation === 'READ' || ask.operation === 'LIST';
  if (reads) return grant;
  // No one has authority over a token whose role is unknown.
  const required = token.role ?? 'OWNER';
  if (token.role === null || grant.role === null || !isAtLeast(grant.role, required)) {
    throw forbidden('ROLE_REQUIRED', { role: required });
  }
  if (ask.subtreeOnly && isToken(principal) && !isWithinSubtree(principal, ask, context)) {
    throw forbidden('EXCEEDS_CALLER');
  }
  return grant;
}

function isWithinSubtree(
  { tokenId }: TokenPrincipal,
  ask: TokenAccessRequest,
  { ancestorIds }: Pick<TokenAccessContext, 'ancestorIds'>,
): boolean {
  return ask.tokenId === tokenId || ancestorIds.includes(tokenId);
}

/** A reach without what its clauses give on single entities: the part that holds for whole workspaces. */
export function wholeTypeOf(reach: VisibilityFilter): VisibilityFilter {
  const limits = reach.limits.map((clauses) => clauses.filter(({ entityId }) => entityId === null));
  return { ...reach, limits };
}

/** What a caller reaches of an entity type for an operation; `null` where it is nothing at all. */
export function visibilityFilterFor(
  principal: Principal,
  operation: Operation,
  entityType: string,
): VisibilityFilter | null {
  const role = roleForOperation(operation);
  const subject = policySubjectOf(principal);
  switch (principal.kind) {
    case 'ANONYMOUS':
      return null;
    case 'SESSION':
      return { holder: { userId: principal.userId }, operation, role, limits: [], subject };
    case 'WORKSPACE_TOKEN':
      if (!isAtLeast(principal.role, role)) return null;
      return { holder: { workspaceId: principal.workspaceId }, operation, role, limits: [], subject };
    case 'PERSONAL_TOKEN': {
      const limits = principal.chain
        .map((link) => clausesOf(link, operation, entityType))
        .filter((clauses) => clauses !== null);
      if (limits.some((clauses) => clauses.length === 0)) return null;
      return { holder: { userId: principal.userId }, operation, role, limits, subject };
    }
  }
}
