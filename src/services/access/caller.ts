import type { SecretKind } from '../../domain/secret.ts';

/** The credential of a request, with the digest of its secret instead of the secret. */
export interface Credential {
  readonly kind: SecretKind;
  readonly digest: string;
  readonly source: 'bearer' | 'cookie';
}

/** The sender of a request, as far as HTTP identifies it. */
export interface Caller {
  readonly credential: Credential | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}
