import type { PolicySubject } from './policy.ts';
import type { Role } from './roles.ts';
import type { ScopeRule } from './scopes.ts';
import type { TokenAccess } from './token.ts';

/** What a token may do by itself: one link of the chain from a token up to the one it was first derived from. */
export interface TokenAuthority {
  readonly tokenId: string;
  readonly access: TokenAccess;
  readonly scopes: readonly ScopeRule[];
  /** Milliseconds from issue to expiry; `null` for a token that never expires. */
  readonly lifetime: number | null;
  readonly expiresAt: number | null;
}

export interface Anonymous {
  readonly kind: 'ANONYMOUS';
}

/** A signed-in person. */
export interface SessionPrincipal {
  readonly kind: 'SESSION';
  readonly sessionId: string;
  readonly userId: string;
  /** The address of the user; `null` while it is unverified, so that no other service learns of it. */
  readonly verifiedEmail: string | null;
  /** The instant from which the credential opens nothing any more by itself; `null` where there is none. */
  readonly endsAt: number | null;
}

/** A personal token; `chain` starts with the token itself, and its authority is what every link allows. */
export interface PersonalTokenPrincipal {
  readonly kind: 'PERSONAL_TOKEN';
  readonly tokenId: string;
  readonly userId: string;
  /** The address of the user; `null` while it is unverified, so that no other service learns of it. */
  readonly verifiedEmail: string | null;
  /** The instant from which the credential opens nothing any more by itself; `null` where there is none. */
  readonly endsAt: number | null;
  /** Whether an older secret still works beside the one that was presented, whose first use ends that. */
  readonly replacesSecret: boolean;
  readonly chain: readonly [TokenAuthority, ...TokenAuthority[]];
}

/** A workspace token; `role` is the lowest of its chain. */
export interface WorkspaceTokenPrincipal {
  readonly kind: 'WORKSPACE_TOKEN';
  readonly tokenId: string;
  readonly workspaceId: string;
  readonly role: Role;
  /** The instant from which the credential opens nothing any more by itself; `null` where there is none. */
  readonly endsAt: number | null;
  /** Whether an older secret still works beside the one that was presented, whose first use ends that. */
  readonly replacesSecret: boolean;
  readonly chain: readonly [TokenAuthority, ...TokenAuthority[]];
}

/** Who is calling, as the database stood when it was asked. */
export type Principal = Anonymous | SessionPrincipal | PersonalTokenPrincipal | WorkspaceTokenPrincipal;

export type TokenPrincipal = PersonalTokenPrincipal | WorkspaceTokenPrincipal;

/** The kinds that a caller with a credential can be, as the API names them. */
export const PRINCIPAL_KINDS = ['SESSION', 'PERSONAL_TOKEN', 'WORKSPACE_TOKEN'] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

export const ANONYMOUS: Anonymous = Object.freeze({ kind: 'ANONYMOUS' });

/** Whether the caller came with a token. */
export function isToken(principal: Principal): principal is TokenPrincipal {
  return principal.kind === 'PERSONAL_TOKEN' || principal.kind === 'WORKSPACE_TOKEN';
}

/** The user behind the call: the person of a session, the owner of a personal token. */
export function userIdOf(principal: Principal): string | null {
  return principal.kind === 'SESSION' || principal.kind === 'PERSONAL_TOKEN' ? principal.userId : null;
}

/** The token or session that the call was made with. */
export function credentialIdOf(principal: Principal): string | null {
  if (principal.kind === 'ANONYMOUS') return null;
  return principal.kind === 'SESSION' ? principal.sessionId : principal.tokenId;
}

/** What a workspace's policy looks at: the longest lifetime of the chain. `null` for callers without a token. */
export function policySubjectOf(principal: Principal): PolicySubject | null {
  if (!isToken(principal)) return null;
  const lifetimes = principal.chain.map((link) => link.lifetime);
  return {
    kind: principal.kind === 'PERSONAL_TOKEN' ? 'PERSONAL' : 'WORKSPACE',
    lifetime: lifetimes.includes(null) ? null : Math.max(...lifetimes.map(Number)),
  };
}
