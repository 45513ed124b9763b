import type { GroupSource } from './groups.ts';

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
  /** The claim that lists the groups of a person. */
  readonly groupsClaim: string;
  /** The groups that can have a role in a workspace, compared exactly; `*` for all; empty: groups give no roles. */
  readonly groups: readonly string[] | '*';
  /** Where the groups come from. */
  readonly groupsFrom: GroupSource;
  /** The audience of JSON Web Tokens that count as sessions; `null` if none do. */
  readonly audience: string | null;
  /** The clients whose JSON Web Tokens count; empty: those of every client. */
  readonly clients: readonly string[];
  /** A scope that a JSON Web Token must have; `null` for any. */
  readonly requiredScope: string | null;
}

/** A person at an identity provider, linked to an account. Instants are milliseconds since the epoch. */
export interface Identity {
  readonly id: string;
  readonly userId: string;
  /** The id of the provider. */
  readonly provider: string;
  /** What the provider calls the person permanently. */
  readonly subject: string;
  readonly linkedAt: number;
  /** `null` while it has not been used since it was linked. */
  readonly lastUsedAt: number | null;
}

/** What a sign-in at a provider is for. All but the first belong to a signed-in user. */
export const INTENTS = ['sign-in', 'link', 'reauthenticate'] as const;
export type Intent = (typeof INTENTS)[number];

/** A person as a provider describes them. */
export interface ProviderPerson {
  readonly provider: string;
  readonly subject: string;
  /** Trimmed and in lower case; `null` if the provider states none that is valid. */
  readonly email: string | null;
  /** `null` if the provider does not say. */
  readonly emailVerified: boolean | null;
  /** A valid name; `null` if nothing that the provider states is one. */
  readonly name: string | null;
  /** The id of the session at the provider. */
  readonly providerSession: string | null;
  /** When the person signed in there, in milliseconds since the epoch; 0 if the provider does not say. */
  readonly authenticatedAt: number;
  /** The groups of the person; `null` if those that are stored stay as they are. */
  readonly groups: readonly string[] | null;
  /** When the provider said all this, in milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** A sign-in at a provider that the console has yet to finish. */
export interface ProviderSignIn extends ProviderPerson {
  readonly intent: Intent;
  /** The signed-in user who began it; `null` for the intent `sign-in`. */
  readonly userId: string | null;
  /** A local path. */
  readonly returnTo: string;
}

/** Returns whether an address is in a domain of a provider. */
export function isInDomains(
  { domains }: Pick<IdentityProvider, 'domains'>,
  { email }: Pick<ProviderPerson, 'email'>,
): boolean {
  return email !== null && domains.includes(email.slice(email.lastIndexOf('@') + 1));
}

/**
 * Returns whether the address of a person counts as verified: the provider says so and vouches for the domain, or every
 * address from the provider is trusted and it does not say the opposite.
 */
export function hasVerifiedEmail(
  provider: IdentityProvider,
  person: Pick<ProviderPerson, 'email' | 'emailVerified'>,
): boolean {
  if (person.email === null || person.emailVerified === false) return false;
  if (provider.domains.length > 0 && !isInDomains(provider, person)) return false;
  return provider.trustsEmail || (person.emailVerified === true && provider.domains.length > 0);
}

/** Returns whether the domains of a provider let a person sign in. An address that is not verified belongs to no domain. */
export function isAdmitted(provider: IdentityProvider, person: ProviderPerson): boolean {
  return provider.domains.length === 0 || hasVerifiedEmail(provider, person);
}
