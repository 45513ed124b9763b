import type { Config } from '../../config.ts';
import { INTENTS, type Intent } from '../../domain/accounts/identity-provider.ts';
import { type ErrorCode, PosternError } from '../../domain/errors.ts';
import { userIdOf } from '../../domain/principal.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Logger } from '../../platform/logger.ts';
import { createSecretSource } from '../../platform/secrets.ts';
import type { AuthorizationChecks, ProviderClient } from '../../services/identity/provider-client.ts';
import type { ProviderProblem } from '../../services/identity/provider-problem.ts';
import type { Services } from '../../services/services.ts';
import { readCookieSecret } from '../auth/credentials.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import { getOnly } from '../message/methods.ts';
import { failureResponse } from '../message/responses.ts';
import { createSessionCookie, type SessionCookie } from '../message/session-cookie.ts';
import {
  type BegunSignIn,
  createSignInCookie,
  type SignInCookie,
  signInDigest,
} from '../message/sign-in-cookie.ts';
import type { Endpoint, RequestContext } from '../request-context.ts';
import { createBackchannelLogout } from './backchannel-logout.ts';

/** Its letters and digits need no encoding in an address; 43 of 32 are 215 random bits. */
const RANDOM_LENGTH = 43;
const RETURN_LENGTH = 300;

/** The dependencies of the sign-in with providers. */
export interface ProviderParts {
  readonly config: Pick<Config, 'publicUrl'>;
  readonly logger: Logger;
  readonly limits: RateLimits;
  readonly installationId: string;
  readonly services: Pick<
    Services,
    'providers' | 'providerSignIns' | 'providerLogouts' | 'authentication' | 'secretReader'
  >;
}

interface Parts extends ProviderParts {
  readonly publicUrl: string;
  readonly sessionCookie: SessionCookie;
  readonly signInCookie: SignInCookie;
}

/** What the console reads from the fragment of its sign-in page; a browser sends a fragment to no server. */
type Outcome =
  | { readonly state: string; readonly intent: Intent; readonly provider: string; readonly identity: string }
  | { readonly error: Problem | ErrorCode; readonly intent: Intent };

type Problem = ProviderProblem | 'SIGN_IN_EXPIRED' | 'SESSION_REQUIRED' | 'UNKNOWN_INTENT';

function redirect(location: string, cookies: readonly string[] = []): HttpResponse {
  return { status: 303, headers: { location }, cookies, body: null };
}

/** Leads to the page of the console that finishes the sign-in, or says why it failed. */
function toConsole(outcome: Outcome, cookies: readonly string[] = []): HttpResponse {
  return redirect(`/sign-in#${new URLSearchParams({ ...outcome })}`, cookies);
}

/** Returns a path of this site; `/` for every other text, so that no link leads from here to another site. */
function localPath(text: string | null): string {
  const isPath = text !== null && text.length <= RETURN_LENGTH && /^\/(?![/\\])[\x21-\x7e]*$/.test(text);
  return isPath && !text.includes('\\') ? text : '/';
}

/** Returns the intent in an address, `sign-in` if it has none; `null` if it is unknown. */
function intentIn(parameters: URLSearchParams): Intent | null {
  const name = parameters.get('intent') ?? 'sign-in';
  return INTENTS.find((intent) => intent === name) ?? null;
}

/** Returns whether another site leads the browser here. Browsers send the header to secure origins. */
function isFromOtherSite(request: HttpRequest): boolean {
  return !['same-origin', 'none', null].includes(request.header('sec-fetch-site'));
}

/** Returns what a browser must prove for a sign-in that it began. */
function checksOf(state: string, { secret, intent }: BegunSignIn): AuthorizationChecks {
  return {
    state,
    nonce: digestOf(`nonce:${secret}`),
    verifier: digestOf(`verifier:${secret}`),
    isFresh: intent === 'reauthenticate',
  };
}

/** Returns the user of the session cookie; `null` if there is none. */
async function signedInUser(
  { sessionCookie, services }: Parts,
  request: HttpRequest,
  { address }: RequestContext,
): Promise<string | null> {
  const secret = sessionCookie.read(request.header('cookie'));
  const credential = secret === null ? null : readCookieSecret(secret, services.secretReader.read);
  if (credential === null) return null;
  try {
    return userIdOf(await services.authentication.authenticate(credential, address));
  } catch (error) {
    if (error instanceof PosternError && error.code === 'INVALID_SESSION') return null;
    throw error;
  }
}

function callbackUrl({ publicUrl }: Parts, { provider }: ProviderClient): string {
  return `${publicUrl}/auth/${provider.id}/callback`;
}

/** Leads a browser that navigates to the sign-in page if the endpoint throws; the response to another client is JSON. */
function forBrowsers({ logger }: Parts, endpoint: Endpoint): Endpoint {
  return getOnly(async (request, requestContext) => {
    try {
      return await endpoint(request, requestContext);
    } catch (error) {
      const response = failureResponse(error, request, requestContext, logger);
      const code = requestContext.codes.at(-1);
      const isNavigation = (request.header('accept') ?? '').includes('text/html');
      return isNavigation && code ? toConsole({ error: code, intent: 'sign-in' }) : response;
    }
  });
}

/** Returns the endpoint at which a browser begins to sign in at a provider. */
function createStart(parts: Parts, client: ProviderClient): Endpoint {
  const random = createSecretSource('');
  return forBrowsers(parts, async (request, requestContext) => {
    await parts.limits.countAnonymous(requestContext.address);
    const parameters = request.url.searchParams;
    // A page of another site must not begin what the person did not ask for.
    if (isFromOtherSite(request)) return redirect('/sign-in');
    const intent = intentIn(parameters);
    if (intent === null) return toConsole({ error: 'UNKNOWN_INTENT', intent: 'sign-in' });
    const userId = intent === 'sign-in' ? null : await signedInUser(parts, request, requestContext);
    if (intent !== 'sign-in' && userId === null) return toConsole({ error: 'SESSION_REQUIRED', intent });
    const state = random.text(RANDOM_LENGTH);
    const begun: BegunSignIn = {
      secret: random.text(RANDOM_LENGTH),
      provider: client.provider.id,
      intent,
      userId,
      returnTo: localPath(parameters.get('to')),
    };
    const { value, problem } = await client.authorizationUrl(
      callbackUrl(parts, client),
      checksOf(state, begun),
    );
    if (problem !== null) return toConsole({ error: problem, intent });
    return redirect(value.href, [parts.signInCookie.write(state, begun)]);
  });
}

/** Returns the endpoint to which a provider leads a browser back. */
function createCallback(parts: Parts, client: ProviderClient): Endpoint {
  return forBrowsers(parts, async (request, requestContext) => {
    await parts.limits.countAnonymous(requestContext.address);
    const state = request.url.searchParams.get('state') ?? '';
    const begun = parts.signInCookie.read(request.header('cookie'), state);
    // Each provider has a callback of its own, so that none answers for another (RFC 9700, section 4.4).
    if (begun?.provider !== client.provider.id) {
      return toConsole({ error: 'SIGN_IN_EXPIRED', intent: 'sign-in' });
    }
    const { intent, userId } = begun;
    const callback = new URL(`${callbackUrl(parts, client)}${request.search}`);
    const { value: person, problem } = await client.exchange(callback, checksOf(state, begun));
    // A code works once, so this sign-in cannot be finished any more.
    if (problem !== null) return toConsole({ error: problem, intent }, [parts.signInCookie.delete(state)]);
    const digest = signInDigest(state, begun);
    await parts.services.providerSignIns.store(digest, {
      ...person,
      intent,
      userId,
      // Checked again: a cookie can come from elsewhere.
      returnTo: localPath(begun.returnTo),
    });
    return toConsole({ state, intent, provider: person.provider, identity: person.email ?? person.subject });
  });
}

/** Returns the endpoints of the configured providers, by path. */
export function createProviderRoutes(parts: ProviderParts): readonly (readonly [string, Endpoint])[] {
  const { config, installationId, services } = parts;
  const { publicUrl } = config;
  if (publicUrl === null) return [];
  const isSecure = publicUrl.startsWith('https:');
  const all: Parts = {
    ...parts,
    publicUrl,
    sessionCookie: createSessionCookie(installationId, isSecure),
    signInCookie: createSignInCookie(installationId, isSecure),
  };
  return services.providers.flatMap((client) => [
    [`/auth/${client.provider.id}/start`, createStart(all, client)] as const,
    [`/auth/${client.provider.id}/callback`, createCallback(all, client)] as const,
    [`/auth/${client.provider.id}/backchannel-logout`, createBackchannelLogout(all, client)] as const,
  ]);
}
