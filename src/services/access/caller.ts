import type { Holder } from '../../domain/principal.ts';
import type { ReadSecret } from './secret-reader.ts';

/** The credential of a request. It contains the digest of the secret, never the secret. */
export interface Credential extends ReadSecret {
  readonly source: 'bearer' | 'cookie';
}

/** The sender of a request, as identified by HTTP. */
export interface Caller {
  readonly credential: Credential | null;
  /** The user or the workspace that the credential belongs to, which never changes; `null` for an anonymous caller. */
  readonly holder: Holder | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}
