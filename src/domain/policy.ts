import type { Role } from './roles.ts';
import type { TokenKind } from './token.ts';

export const PERSONAL_TOKEN_POLICIES = ['ALLOWED', 'FORBIDDEN'] as const;
export type PersonalTokenPolicy = (typeof PERSONAL_TOKEN_POLICIES)[number];

/** What a workspace demands of the tokens that reach into it. */
export interface TokenPolicy {
  readonly personalTokens: PersonalTokenPolicy;
  /** Milliseconds; tokens with a longer lifetime reach nothing here. `null`: no limit. */
  readonly maxLifetime: number | null;
  /** Whether a workspace token must expire. */
  readonly requireExpiry: boolean;
  /** The roles that a workspace token may carry. */
  readonly tokenRoles: readonly Role[];
}

/** What a policy looks at in a token: its kind, and its lifetime in milliseconds (`null`: for ever). */
export interface PolicySubject {
  readonly kind: TokenKind;
  readonly lifetime: number | null;
}

/** Whether a policy lets a token reach into its workspace. */
export function isOpenTo(
  policy: Pick<TokenPolicy, 'personalTokens' | 'maxLifetime'>,
  token: PolicySubject,
): boolean {
  if (token.kind === 'PERSONAL' && policy.personalTokens === 'FORBIDDEN') return false;
  return policy.maxLifetime === null || (token.lifetime !== null && token.lifetime <= policy.maxLifetime);
}
