/** Which people without an account get one by signing in: no one, those with an open invitation, or all. */
export const PROVISIONING = ['off', 'invited', 'on'] as const;
export type Provisioning = (typeof PROVISIONING)[number];

/** An OpenID provider that people sign in with. */
export interface IdentityProvider {
  /** Letters in lower case and digits; a part of addresses and of stored identities. */
  readonly id: string;
  readonly label: string;
  /** The issuer identifier, as the provider states it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Separated by spaces; contains `openid`. */
  readonly scopes: string;
  /** The claim that identifies a person permanently. */
  readonly subjectClaim: string;
  readonly provisioning: Provisioning;
  /** The domains of addresses, in lower case, whose people are allowed to sign in; empty: people with any address or none. */
  readonly domains: readonly string[];
  /** Whether an address counts as verified if the provider does not say. */
  readonly trustsEmail: boolean;
}
