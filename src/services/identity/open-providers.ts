import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { createProviderClient, type ProviderClient } from './provider-client.ts';
import { createProviderFetch } from './provider-fetch.ts';

/** The clients of the configured providers. */
export interface OpenProviders {
  readonly clients: readonly ProviderClient[];
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** Returns the clients of providers, which share their connections. */
export function openProviders(
  providers: readonly IdentityProvider[],
  deps: { readonly clock: Clock; readonly logger: Logger },
): OpenProviders {
  const fetch = createProviderFetch();
  return {
    clients: providers.map((provider) => createProviderClient(provider, { fetch, ...deps })),
    close: fetch.close,
  };
}
