import { failure, forbidden } from './errors.ts';
import type { PolicySubject, TokenPolicy } from './policy.ts';
import type { Role } from './roles.ts';
import type { ScopeRule } from './scopes.ts';
import type { TokenAccess } from './token.ts';
import type { TokenLimits } from './values/limits.ts';
import { isAddressWithin } from './values/networks.ts';

/** The authority of one token: a link of the chain from a token up to the root token that it derives from. */
export interface TokenAuthority {
  readonly tokenId: string;
  readonly access: TokenAccess;
  readonly scopes: readonly ScopeRule[];
  /** Milliseconds from issue to expiry; `null` for a token that never expires. */
  readonly lifetime: number | null;
  readonly expiresAt: number | null;
  /** `null` if nothing limits its requests. */
  readonly limits: TokenLimits | null;
}

export interface Anonymous {
  readonly kind: 'ANONYMOUS';
}

/** A signed-in person. */
export interface SessionPrincipal {
  readonly kind: 'SESSION';
  /** The id of the session; the id of the identity if the session is a JSON Web Token. */
  readonly sessionId: string;
  readonly userId: string;
  /** The email address of the user; `null` while it is unverified, so that no other service trusts it. */
  readonly verifiedEmail: string | null;
  /** Whether the password is temporary: the session can then only change it. */
  readonly mustChangePassword: boolean;
  /** The instant from which the credential is no longer valid; `null` if it does not expire. */
  readonly endsAt: number | null;
  /** When the person last proved in this session who they are, by signing in or re-authenticating. */
  readonly authenticatedAt: number;
  /** Whether the session is a JSON Web Token of a provider, which is stored nowhere and cannot be ended by itself. */
  readonly isJwt: boolean;
  /** Whether a command line has the session. It never counts as re-authenticated and cannot approve other command lines. */
  readonly isCommandLine: boolean;
}

/** A personal token. `chain` starts with the token itself; the token is allowed what every link allows. */
export interface PersonalTokenPrincipal {
  readonly kind: 'PERSONAL_TOKEN';
  readonly tokenId: string;
  readonly userId: string;
  /** When the owner last signed in; `null` if never. */
  readonly ownerSignedInAt: number | null;
  /** A role that the owner has in a workspace whose policy refuses no token; `null` if none is known. */
  readonly openRole: Role | null;
  /** The email address of the user; `null` while it is unverified, so that no other service trusts it. */
  readonly verifiedEmail: string | null;
  /** The instant from which the credential is no longer valid; `null` if it does not expire. */
  readonly endsAt: number | null;
  /** Whether an older secret is still valid; the first use of this one ends that. */
  readonly replacesSecret: boolean;
  readonly chain: readonly [TokenAuthority, ...TokenAuthority[]];
}

/** A workspace token. `role` is the lowest role of its chain. */
export interface WorkspaceTokenPrincipal {
  readonly kind: 'WORKSPACE_TOKEN';
  readonly tokenId: string;
  readonly workspaceId: string;
  readonly role: Role;
  /** The customer or thing that the token stands for; `null` if it stands for none. */
  readonly subject: string | null;
  /** The federation that the token comes from; `null` if it comes from none. */
  readonly federationId: string | null;
  /** The instant from which the credential is no longer valid; `null` if it does not expire. */
  readonly endsAt: number | null;
  /** Whether an older secret is still valid; the first use of this one ends that. */
  readonly replacesSecret: boolean;
  readonly chain: readonly [TokenAuthority, ...TokenAuthority[]];
}

/** The caller of a request, by the state of the database when it was identified. */
export type Principal = Anonymous | SessionPrincipal | PersonalTokenPrincipal | WorkspaceTokenPrincipal;

export type TokenPrincipal = PersonalTokenPrincipal | WorkspaceTokenPrincipal;

/** The kinds of callers, as the API names them. The operator and directories occur in the audit log only. */
export const PRINCIPAL_KINDS = [
  'SESSION',
  'PERSONAL_TOKEN',
  'WORKSPACE_TOKEN',
  'OPERATOR',
  'DIRECTORY',
] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

export const ANONYMOUS: Anonymous = Object.freeze({ kind: 'ANONYMOUS' });

/** Returns whether the caller used a token. */
export function isToken(principal: Principal): principal is TokenPrincipal {
  return principal.kind === 'PERSONAL_TOKEN' || principal.kind === 'WORKSPACE_TOKEN';
}

/** Returns whether limits apply to the requests of the caller: those of its token or of an ancestor. */
export function hasLimits(principal: Principal): principal is TokenPrincipal {
  return isToken(principal) && principal.chain.some(({ limits }) => limits !== null);
}

/** Returns the tokens of a chain that have a limit of one kind, with that limit. */
export function limitsOf<K extends keyof TokenLimits>(
  { chain }: Pick<TokenPrincipal, 'chain'>,
  kind: K,
): { tokenId: string; limit: NonNullable<TokenLimits[K]> }[] {
  return chain.flatMap(({ tokenId, limits }) => {
    const limit = limits?.[kind];
    return limit == null ? [] : [{ tokenId, limit }];
  });
}

/** Returns the caller if its limits allow requests from an address. Throws `ADDRESS_NOT_ALLOWED`. */
export function requireAddress<T extends Principal>(principal: T, address: string | null): T {
  const isRefused =
    hasLimits(principal) &&
    limitsOf(principal, 'networks').some(({ limit }) => !isAddressWithin(address, limit));
  if (isRefused) throw failure('ADDRESS_NOT_ALLOWED');
  return principal;
}

/** Throws `PASSWORD_CHANGE_REQUIRED` for the session of a user whose password is temporary. */
export function requirePermanentPassword(principal: Principal): void {
  if (principal.kind === 'SESSION' && principal.mustChangePassword)
    throw forbidden('PASSWORD_CHANGE_REQUIRED');
}

/** Returns whether the caller is a workspace token that has only what its scopes list. */
export function isScopedWorkspaceToken(principal: Principal): boolean {
  return principal.kind === 'WORKSPACE_TOKEN' && principal.chain.some(({ access }) => access !== 'ROLE');
}

/** Returns the user of a session, or the owner of a personal token; `null` for other callers. */
export function userIdOf(principal: Principal): string | null {
  return principal.kind === 'SESSION' || principal.kind === 'PERSONAL_TOKEN' ? principal.userId : null;
}

/** The user or the workspace that a credential belongs to. */
export interface Holder {
  readonly on: 'user' | 'workspace';
  readonly id: string;
}

/** Returns what the caller's credential belongs to; `null` for an anonymous caller. */
export function holderOf(principal: Principal): Holder | null {
  if (principal.kind === 'WORKSPACE_TOKEN') return { on: 'workspace', id: principal.workspaceId };
  const id = userIdOf(principal);
  return id === null ? null : { on: 'user', id };
}

/** Returns the id of the caller's token or session; `null` for an anonymous caller. */
export function credentialIdOf(principal: Principal): string | null {
  if (principal.kind === 'ANONYMOUS') return null;
  return principal.kind === 'SESSION' ? principal.sessionId : principal.tokenId;
}

/** Returns how long the owner of a personal token has not signed in at the instant `now`; 0 for other callers. */
function unseenFor(principal: Principal, now: number): number {
  if (principal.kind !== 'PERSONAL_TOKEN') return 0;
  const { ownerSignedInAt } = principal;
  return ownerSignedInAt === null ? Number.MAX_SAFE_INTEGER : Math.max(0, now - ownerSignedInAt);
}

/**
 * Returns what a token policy applies to at the instant `now`: the kind of token, the longest lifetime of its chain, and the
 * absence of its owner; `null` for callers without a token.
 */
export function policySubjectOf(principal: Principal, now: number): PolicySubject | null {
  if (!isToken(principal)) return null;
  const lifetimes = principal.chain.map((link) => link.lifetime);
  return {
    kind: principal.kind === 'PERSONAL_TOKEN' ? 'PERSONAL' : 'WORKSPACE',
    lifetime: lifetimes.includes(null) ? null : Math.max(...lifetimes.map(Number)),
    unseenFor: unseenFor(principal, now),
  };
}

/** Returns when a policy closes its workspace to a caller because the owner of the token has not signed in; `null` if never. */
export function policyEnd(principal: Principal, policy: Pick<TokenPolicy, 'ownerSeenWithin'>): number | null {
  if (principal.kind !== 'PERSONAL_TOKEN' || policy.ownerSeenWithin === null) return null;
  return (principal.ownerSignedInAt ?? 0) + policy.ownerSeenWithin;
}
