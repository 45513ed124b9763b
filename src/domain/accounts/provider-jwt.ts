import { SECOND } from '../duration.ts';

/** A verified JSON Web Token of a provider that counts as a session of a person. Instants are milliseconds since the epoch. */
export interface ProviderJwt {
  readonly provider: string;
  readonly subject: string;
  readonly issuedAt: number;
  /** When it stops to count. */
  readonly endsAt: number;
  /** When the person signed in at the provider; 0 if it does not say. */
  readonly authenticatedAt: number;
}

/** What an account says about the JSON Web Tokens of one of its identities. */
export interface JwtAccount {
  readonly identityId: string;
  readonly userId: string;
  /** The email address of the user; `null` while it is unverified. */
  readonly verifiedEmail: string | null;
  readonly isActive: boolean;
  /** Tokens that were issued in the second of this instant or before are refused; `null` if none are. */
  readonly credentialsNotBefore: number | null;
}

/** Returns whether a token counts for an account now. */
export function countsFor({ issuedAt, endsAt }: ProviderJwt, account: JwtAccount, now: number): boolean {
  const { isActive, credentialsNotBefore: end } = account;
  // A token says in which second it was issued, so one of the second of the end can be older than the end.
  const isEnded = end !== null && Math.floor(issuedAt / SECOND) <= Math.floor(end / SECOND);
  return isActive && !isEnded && now < endsAt;
}
