import type { SecretKind } from '../../domain/secret.ts';

/** What a caller presented, its secret already reduced to the digest that is looked up. */
export interface Credential {
  readonly kind: SecretKind;
  readonly digest: string;
  readonly source: 'bearer' | 'cookie';
}

/** Who sent a request and from where, as far as the wire tells. */
export interface Caller {
  readonly credential: Credential | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}
