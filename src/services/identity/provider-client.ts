import {
  type AuthorizationCodeGrantChecks,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client';
import type { IdentityProvider, ProviderPerson } from '../../domain/accounts/identity-provider.ts';
import { HOUR, SECOND } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { type Claims, groupsIn, readsGroups, toPerson } from './claims.ts';
import { warnOfGroups } from './group-warnings.ts';
import { type LogoutToken, readLogoutToken } from './logout-token.ts';
import type { ProviderFetch } from './provider-fetch.ts';
import { createProviderKeys, fetchDocument, type ProviderKeys } from './provider-keys.ts';
import { describeProviderError, type ProviderProblem, problemOf } from './provider-problem.ts';

const TIMEOUT_SECONDS = 5;
/** How long the metadata of a provider are used before they are read again. */
const METADATA_LIFETIME = HOUR;
/** How long a failed attempt to read them counts, so that many sign-ins do not each wait for a provider that is down. */
const FAILURE_LIFETIME = 5 * SECOND;
/** A year, in seconds: asks for no new sign-in, but a provider that is asked for any age states `auth_time` (Core, section 2). */
const ANY_AGE = '31536000';

/** What binds an authorization to the browser that began it. */
export interface AuthorizationChecks {
  readonly state: string;
  readonly nonce: string;
  /** The PKCE code verifier (RFC 7636, section 4.1). */
  readonly verifier: string;
  /** Whether the person must sign in at the provider again although they are signed in there. */
  readonly isFresh: boolean;
}

/** What a provider returned, or why that failed. A provider's own text is never part of it. */
export type ProviderResult<T> =
  | { readonly value: T; readonly problem: null }
  | { readonly value: null; readonly problem: ProviderProblem };

/** The requests to one provider. None of the methods throws. */
export interface ProviderClient {
  readonly provider: IdentityProvider;
  /** Returns the address at the provider to which a browser goes to sign in. */
  authorizationUrl(redirectUri: string, checks: AuthorizationChecks): Promise<ProviderResult<URL>>;
  /** Exchanges the code in the address to which the provider led the browser back, and returns the person. */
  exchange(callback: URL, checks: AuthorizationChecks): Promise<ProviderResult<ProviderPerson>>;
  /** The keys with which the provider signs. */
  readonly keys: ProviderKeys;
  /**
   * Returns the contents of a logout token; `PROVIDER_FAILED` if it is not valid, `PROVIDER_UNAVAILABLE` if the keys of the
   * provider cannot be read.
   */
  readLogoutToken(token: string): Promise<ProviderResult<LogoutToken>>;
  /** Returns the address at which a browser ends its session at the provider; `null` if it has none or does not answer. */
  logoutUrl(): Promise<string | null>;
}

/** Returns the authentication of the client by a method that the provider supports; Basic if it does not say. */
function authenticateWith(secret: string): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_basic') ? basic : post;
    return authenticate(server, client, body, headers);
  };
}

/** Reads the metadata of a provider (OpenID Connect Discovery, section 4). Throws if the issuer is another. */
async function discover(
  { issuer, clientId, clientSecret }: IdentityProvider,
  { fetch }: ProviderFetch,
): Promise<Configuration> {
  const isPlain = issuer.startsWith('http:');
  const configuration = await discovery(
    new URL(issuer),
    clientId,
    undefined,
    authenticateWith(clientSecret),
    {
      [customFetch]: fetch,
      timeout: TIMEOUT_SECONDS,
      execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])],
    },
  );
  // The library does not compare the issuers of some hosts.
  if (new URL(configuration.serverMetadata().issuer).href !== new URL(issuer).href) {
    throw new Error('the metadata have another issuer');
  }
  return configuration;
}

/** Returns a function that reads the metadata of a provider and remembers them, or the failure. */
function createDiscovery(provider: IdentityProvider, fetch: ProviderFetch, clock: Clock) {
  let known: { readonly configuration: Promise<Configuration>; until: number } | null = null;
  return () => {
    const now = clock();
    if (known !== null && now < known.until) return known.configuration;
    const attempt = { configuration: discover(provider, fetch), until: now + METADATA_LIFETIME };
    attempt.configuration.catch(() => {
      attempt.until = clock() + FAILURE_LIFETIME;
    });
    known = attempt;
    return attempt.configuration;
  };
}

function checksOf({ state, nonce, verifier }: AuthorizationChecks): AuthorizationCodeGrantChecks {
  return {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  };
}

/** The dependencies of the clients of providers. */
export interface ProviderDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The origin of Postern, to which providers lead browsers back. */
  readonly publicUrl: string;
}

/** Returns the client of a provider. */
export function createProviderClient(
  provider: IdentityProvider,
  deps: ProviderDependencies & { readonly fetch: ProviderFetch },
): ProviderClient {
  const configure = createDiscovery(provider, deps.fetch, deps.clock);

  async function attempt<T>(work: (configuration: Configuration) => Promise<T>): Promise<ProviderResult<T>> {
    try {
      return { value: await work(await configure()), problem: null };
    } catch (error) {
      const detail = { provider: provider.id, ...describeProviderError(error) };
      deps.logger.warn(detail, 'an identity provider did not answer as expected');
      return { value: null, problem: problemOf(error) };
    }
  }

  /** Returns the claims of an ID token, with those of the UserInfo endpoint if something about the address or the groups can be only there. */
  async function claimsOf(
    configuration: Configuration,
    idToken: Claims,
    accessToken: string,
  ): Promise<Claims> {
    const isStated = idToken.email !== undefined && idToken.email_verified !== undefined;
    const hasEmail = isStated || !provider.scopes.split(' ').includes('email');
    const hasGroups = !readsGroups(provider) || groupsIn(provider, idToken) !== 'ABSENT';
    const isComplete = hasEmail && hasGroups;
    if (isComplete || !configuration.serverMetadata().userinfo_endpoint) return idToken;
    const { email_verified: isVerified, ...userInfo } = await fetchUserInfo(
      configuration,
      accessToken,
      String(idToken.sub),
    );
    // It is about the address beside it, which need not be the one in the ID token.
    const isAboutIt = idToken.email === undefined || idToken.email === userInfo.email;
    return { ...userInfo, ...(isAboutIt && { email_verified: isVerified }), ...idToken };
  }

  /** Returns the address of the keys with which the provider signs. */
  async function locateKeys(): Promise<string> {
    const { jwks_uri: uri = '' } = (await configure()).serverMetadata();
    const isSecure = URL.canParse(uri) && (uri.startsWith('https:') || provider.issuer.startsWith('http:'));
    if (!isSecure) throw new Error('the metadata have no secure address of the keys');
    return uri;
  }

  const keys = createProviderKeys({
    clock: deps.clock,
    read: async () => fetchDocument(await locateKeys(), deps.fetch.fetch),
    onFailure: (error) =>
      deps.logger.warn(
        { provider: provider.id, ...describeProviderError(error) },
        'the keys of an identity provider could not be read',
      ),
  });

  return {
    provider,
    keys,

    async readLogoutToken(token) {
      try {
        const value = await readLogoutToken(token, provider, keys.find, deps.clock());
        return { value, problem: null };
      } catch (error) {
        return {
          value: null,
          problem: error instanceof PosternError ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_FAILED',
        };
      }
    },

    async logoutUrl() {
      const { value } = await attempt(async (configuration) =>
        configuration.serverMetadata().end_session_endpoint
          ? buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${deps.publicUrl}/sign-in` }).href
          : null,
      );
      return value;
    },

    authorizationUrl: (redirectUri, checks) =>
      attempt(async (configuration) =>
        buildAuthorizationUrl(configuration, {
          redirect_uri: redirectUri,
          scope: provider.scopes,
          state: checks.state,
          nonce: checks.nonce,
          code_challenge: await calculatePKCECodeChallenge(checks.verifier),
          code_challenge_method: 'S256',
          max_age: checks.isFresh ? '0' : ANY_AGE,
        }),
      ),

    exchange: (callback, checks) =>
      attempt(async (configuration) => {
        const tokens = await authorizationCodeGrant(configuration, callback, checksOf(checks));
        const claims = await claimsOf(configuration, tokens.claims() ?? {}, tokens.access_token);
        if (readsGroups(provider)) warnOfGroups(provider, groupsIn(provider, claims), deps.logger);
        return toPerson(provider, claims, deps.clock());
      }),
  };
}
