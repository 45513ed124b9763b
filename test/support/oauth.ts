import * as oauth from 'oauth4webapi';
import type { TestApp } from './app.ts';

const ISSUER = new URL('http://postern.test');
const CLIENT: oauth.Client = { client_id: 'a-service' };

/** Postern as a stock OAuth client sees it. */
export interface StockClient {
  readonly server: oauth.AuthorizationServer;
  /** Introspects a token with the bearer secret of a caller, or without one. Throws the library's error if refused. */
  introspect(token: string, by: string | null): Promise<oauth.IntrospectionResponse>;
  /** The same as a confidential client, by `auth`. */
  introspectAs(token: string, auth: oauth.ClientAuth): Promise<oauth.IntrospectionResponse>;
  revoke(token: string, auth?: oauth.ClientAuth): Promise<void>;
}

function bearer(secret: string | null): oauth.ClientAuth {
  return (_server, _client, _body, headers) => {
    if (secret !== null) headers.set('Authorization', `Bearer ${secret}`);
  };
}

/** Returns a client that knows only Postern's metadata. */
export async function stockClient(postern: TestApp): Promise<StockClient> {
  const options = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<any, any>) =>
      postern.fetch(new Request(url, init as RequestInit)),
  };
  const discovery = await oauth.discoveryRequest(ISSUER, { algorithm: 'oauth2', ...options });
  const server = await oauth.processDiscoveryResponse(ISSUER, discovery);

  async function introspectAs(token: string, auth: oauth.ClientAuth): Promise<oauth.IntrospectionResponse> {
    const response = await oauth.introspectionRequest(server, CLIENT, auth, token, options);
    return oauth.processIntrospectionResponse(server, CLIENT, response);
  }

  return {
    server,
    introspect: (token, by) => introspectAs(token, bearer(by)),
    introspectAs,
    async revoke(token, auth = oauth.None()) {
      const response = await oauth.revocationRequest(server, CLIENT, auth, token, options);
      await oauth.processRevocationResponse(response);
    },
  };
}
