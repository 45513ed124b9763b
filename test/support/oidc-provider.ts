import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, SignJWT } from 'jose';
import Provider, { type JWK } from 'oidc-provider';

/** What the provider says about a person; the key of the person is `sub`. */
export type PersonClaims = Readonly<Record<string, unknown>>;

/** A real OpenID provider on loopback. */
export interface TestProvider {
  readonly issuer: string;
  /** The people by `sub`. A test changes them. */
  readonly people: Map<string, PersonClaims>;
  /** The environment of a Postern that uses it under the name. */
  readonly env: (name: string, publicUrl: string) => Record<string, string>;
  /** Runs before the provider answers; returns `true` if it has answered itself. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Signs claims with the key of the provider, with the issuer and the audience unless the claims have others. */
  sign(claims: Record<string, unknown>, type?: string): Promise<string>;
  close(): Promise<void>;
}

const CLIENT = { client_id: 'postern', client_secret: 'the secret of the client' };

/** The origins whose Postern the provider knows. */
export interface TestProviderOptions {
  /** The claims that ID tokens have too, and not only the UserInfo endpoint. */
  readonly idTokenClaims?: readonly string[];
  readonly names: readonly string[];
  readonly origins: readonly string[];
  /** Whether the provider sends logout tokens to the first origin, and states the id of its session. */
  readonly sendsLogouts?: boolean;
}

function clientOf({ names, origins, sendsLogouts }: TestProviderOptions) {
  return {
    ...CLIENT,
    redirect_uris: origins.flatMap((origin) => names.map((name) => `${origin}/auth/${name}/callback`)),
    post_logout_redirect_uris: origins.map((origin) => `${origin}/sign-in`),
    response_types: ['code' as const],
    grant_types: ['authorization_code'],
    ...(sendsLogouts && {
      backchannel_logout_uri: `${origins[0]}/auth/${names[0]}/backchannel-logout`,
      backchannel_logout_session_required: true,
    }),
  };
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** The key of every provider. Finding its primes takes longer than starting the provider. */
const KEY = { ...privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' } as JWK;

/** The page on which a person signs in, or refuses. */
function signInPage(uid: string): string {
  return `<!doctype html><title>Test provider</title><h1>Test provider</h1>
<form method="post" action="/interaction/${uid}"><label>Person <input name="sub"></label>
<button name="action" value="accept">Continue</button><button name="action" value="refuse">Refuse</button></form>`;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body);
}

/** Gives the client everything that it asked for. */
async function consent(provider: Provider, grantId: string | undefined, accountId: string, details: unknown) {
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId, clientId: CLIENT.client_id });
  if (!grant) throw new Error('no grant');
  const { missingOIDCScope, missingOIDCClaims } = details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
  };
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  return { grantId: await grant.save() };
}

/** Answers the steps of a sign-in that belong to the person. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  const { uid, prompt, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'consent') {
    const result = { consent: await consent(provider, grantId, session?.accountId ?? '', prompt.details) };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html');
    return void response.end(signInPage(uid));
  }
  const form = await readForm(request);
  const result =
    form.get('action') === 'refuse'
      ? { error: 'access_denied', error_description: '<b>the provider says no</b>' }
      : { login: { accountId: form.get('sub') ?? '' } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

/** Starts a provider with an empty set of people. */
export async function startTestProvider(options: TestProviderOptions): Promise<TestProvider> {
  const people = new Map<string, PersonClaims>();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [clientOf(options)],
    jwks: { keys: [KEY] },
    cookies: { keys: ['test'] },
    claims: {
      openid: ['sub', 'sid', ...(options.idTokenClaims ?? [])],
      email: ['email', 'email_verified'],
      profile: ['name', 'groups', 'hasgroups', '_claim_names'],
    },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ ...people.get(sub), sub }) }),
    pkce: { required: () => true },
    // Without its dispatcher, which refuses to call loopback addresses.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
  });
  const handle = provider.callback();
  const control: TestProvider = {
    issuer,
    people,
    env: (name, publicUrl) => ({
      POSTERN_PUBLIC_URL: publicUrl,
      POSTERN_OIDC: name,
      [`POSTERN_OIDC_${name.toUpperCase()}_ISSUER`]: issuer,
      [`POSTERN_OIDC_${name.toUpperCase()}_CLIENT_ID`]: CLIENT.client_id,
      [`POSTERN_OIDC_${name.toUpperCase()}_CLIENT_SECRET`]: CLIENT.client_secret,
    }),
    intercept: () => false,
    async sign(claims, type = 'logout+jwt') {
      return new SignJWT({ iss: issuer, aud: CLIENT.client_id, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: type })
        .sign(await importJWK(KEY as Parameters<typeof importJWK>[0], 'RS256'));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request, response) => {
    if (control.intercept(request, response)) return;
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response);
    interact(provider, request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  return control;
}
