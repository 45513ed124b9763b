import type { CustomFetch } from 'openid-client';
import { type buildConnector, EnvHttpProxyAgent, fetch } from 'undici';

/** The longest response of a provider, in bytes: a set of keys has a few kilobytes. */
const RESPONSE_BYTES = 256 * 1024;

/** How requests to identity providers are sent. */
export interface ProviderFetch {
  readonly fetch: CustomFetch;
  /** Closes idle connections. */
  close(): Promise<void>;
}

/**
 * Returns a `fetch` for identity providers. It honours `HTTPS_PROXY` and `NO_PROXY`, follows no redirect, and rejects a
 * response above 256 KiB. The caller limits the time. `connect` opens connections that go through no proxy.
 */
export function createProviderFetch(connect?: buildConnector.connector): ProviderFetch {
  const dispatcher = new EnvHttpProxyAgent({ maxResponseSize: RESPONSE_BYTES, ...(connect && { connect }) });
  return {
    // The types of the platform and of undici differ in name only.
    fetch: (url, options) =>
      fetch(url, { ...options, redirect: 'manual', dispatcher } as Parameters<
        typeof fetch
      >[1]) as unknown as Promise<Response>,
    close: () => dispatcher.close(),
  };
}
