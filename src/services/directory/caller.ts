import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';

/** A directory that calls the SCIM endpoints. */
export interface DirectoryCaller {
  readonly provider: IdentityProvider;
  readonly credentialId: string;
  /** The digest of the credential, which is checked again in each transaction. */
  readonly digest: string;
  readonly address: string | null;
  readonly userAgent: string | null;
}
