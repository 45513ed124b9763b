import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts';
import { createProviderClient, type ProviderClient, type ProviderDependencies } from './provider-client.ts';
import { createProviderFetch } from './provider-fetch.ts';

/** The clients of the configured providers. */
export interface OpenProviders {
  readonly clients: readonly ProviderClient[];
  /** `null` if the JSON Web Tokens of no provider count as sessions. */
  readonly verifier: JwtVerifier | null;
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** Returns the clients of providers, which share their connections. */
export function openProviders(
  providers: readonly IdentityProvider[],
  deps: ProviderDependencies,
): OpenProviders {
  const fetch = createProviderFetch();
  const clients = providers.map((provider) => createProviderClient(provider, { fetch, ...deps }));
  const hasAudience = providers.some(({ audience }) => audience !== null);
  return {
    clients,
    verifier: hasAudience ? createJwtVerifier(clients, deps.clock) : null,
    close: fetch.close,
  };
}
