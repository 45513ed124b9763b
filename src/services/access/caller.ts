import type { ProviderJwt } from '../../domain/accounts/provider-jwt.ts';
import type { Holder } from '../../domain/principal.ts';
import type { ReadSecret } from './secret-reader.ts';

/** A secret as the credential of a request. It contains the digest of the secret, never the secret. */
export interface SecretCredential extends ReadSecret {
  readonly source: 'bearer' | 'cookie';
}

/** A verified JSON Web Token of a provider as the credential of a request. */
export interface JwtCredential {
  readonly kind: 'JWT';
  readonly source: 'bearer';
  readonly digest: string;
  readonly jwt: ProviderJwt;
}

/** The credential of a request. */
export type Credential = SecretCredential | JwtCredential;

/** The sender of a request, as identified by HTTP. */
export interface Caller {
  readonly credential: Credential | null;
  /** The user or the workspace that the credential belongs to, which never changes; `null` for an anonymous caller. */
  readonly holder: Holder | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}
