import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { failure, PosternError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Claims } from './claims.ts';
import { claimedProvider, decodeJwt } from './jwt-claims.ts';
import type { ProviderClient } from './provider-client.ts';
import { verifySignature } from './provider-keys.ts';

/** A token whose signature and claims are verified. */
export interface VerifiedClaims {
  readonly provider: IdentityProvider;
  readonly claims: Claims;
  /** Until when the key of the signature counts without being read again, in milliseconds since the epoch. */
  readonly freshUntil: number;
}

/** Verifies the JSON Web Tokens of providers. */
export interface JwtVerifier {
  /**
   * Returns the claims of an access token of a person. Throws `INVALID_SESSION` for any other text, or `UNAVAILABLE` if the
   * provider does not say with which keys it signs.
   */
  verify(token: string): Promise<VerifiedClaims>;
}

/** Returns the verifier of providers that have an audience. */
export function createJwtVerifier(clients: readonly ProviderClient[], clock: Clock): JwtVerifier {
  const accepting = clients.filter(({ provider }) => provider.audience !== null);
  const providers = accepting.map(({ provider }) => provider);
  const keys = new Map(accepting.map((client) => [client.provider, client.keys]));

  return {
    async verify(token) {
      const now = clock();
      const decoded = decodeJwt(token);
      const provider = decoded && claimedProvider(providers, decoded, now);
      const source = provider && keys.get(provider);
      if (!source) throw failure('INVALID_SESSION');
      try {
        const { payload } = await verifySignature(token, source.find, now, {
          issuer: provider.issuer,
          audience: provider.audience ?? '',
          requiredClaims: ['sub', 'iat', 'exp'],
        });
        return { provider, claims: payload, freshUntil: source.freshUntil() };
      } catch (error) {
        throw error instanceof PosternError ? error : failure('INVALID_SESSION');
      }
    },
  };
}
