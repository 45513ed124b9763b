import type { Role } from './roles.ts';
import type { TokenKind } from './token.ts';

export const PERSONAL_TOKEN_POLICIES = ['ALLOWED', 'FORBIDDEN'] as const;
export type PersonalTokenPolicy = (typeof PERSONAL_TOKEN_POLICIES)[number];

/** What a workspace demands of the tokens that reach into it. */
export interface TokenPolicy {
  readonly personalTokens: PersonalTokenPolicy;
  /** Milliseconds; tokens with a longer lifetime reach nothing here. `null`: no limit. */
  readonly maxLifetime: number | null;
  /** Milliseconds; personal tokens whose owner has not signed in for so long reach nothing here. `null`: no limit. */
  readonly ownerSeenWithin: number | null;
  /** Whether a workspace token must expire. */
  readonly requireExpiry: boolean;
  /** The roles that a workspace token may carry. */
  readonly tokenRoles: readonly Role[];
}

/** What a policy looks at in a token. Durations are in milliseconds. */
export interface PolicySubject {
  readonly kind: TokenKind;
  /** `null`: for ever. */
  readonly lifetime: number | null;
  /** How long the owner of a personal token has not signed in; 0 for a workspace token. */
  readonly unseenFor: number;
}

/** Whether a policy lets a token reach into its workspace. */
export function isOpenTo(
  policy: Pick<TokenPolicy, 'personalTokens' | 'maxLifetime' | 'ownerSeenWithin'>,
  token: PolicySubject,
): boolean {
  if (token.kind === 'PERSONAL' && policy.personalTokens === 'FORBIDDEN') return false;
  if (policy.ownerSeenWithin !== null && token.unseenFor >= policy.ownerSeenWithin) return false;
  return policy.maxLifetime === null || (token.lifetime !== null && token.lifetime <= policy.maxLifetime);
}
