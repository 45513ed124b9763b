import type { GraphQLSchema } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { Config } from '../../config.ts';
import { failure } from '../../domain/errors.ts';
import type { Principal } from '../../domain/principal.ts';
import type { CreateContext, ServerContext } from '../../graphql/context.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { Credential } from '../../services/access/caller.ts';
import type { SecretReader } from '../../services/access/secret-reader.ts';
import {
  type AuthenticatedRequest,
  type AuthenticatorParts,
  createRequestAuthenticator,
  isFromTrustedPage,
} from '../auth/authenticate.ts';
import { callerOf } from '../auth/caller.ts';
import { requireExpectedUser } from '../auth/expected-user.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import { createCors } from '../message/cors.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import { errorResponse, failureResponse } from '../message/responses.ts';
import { type CookieSession, createSessionCookie } from '../message/session-cookie.ts';
import { createSignInCookie, signInDigest } from '../message/sign-in-cookie.ts';
import type { Endpoint, RequestContext } from '../request-context.ts';
import { createCall } from './call.ts';
import { createOperationReader } from './described-document.ts';
import { createDocuments } from './documents.ts';
import { createFastPath } from './fast-path.ts';
import { createGraphiql } from './graphiql.ts';
import { readParams } from './params.ts';
import { createGraphQLServer } from './yoga.ts';

const METHODS = ['GET', 'POST'];

/** The parts of `/graphql`. */
export interface GraphQLEndpointParts {
  readonly config: Pick<
    Config,
    'allowedOrigins' | 'publicUrl' | 'providers' | 'graphiql' | 'fastPath' | 'credentialHeaders'
  >;
  readonly limits: RateLimits;
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly installationId: string;
  readonly authenticate: (credential: Credential, address: string | null) => MaybePromise<Principal>;
  readonly readSecret: SecretReader['read'];
  readonly readJwt: AuthenticatorParts['readJwt'];
  readonly createContext: CreateContext;
}

/** Creates the endpoint of `/graphql`. */
export function createGraphQLEndpoint(parts: GraphQLEndpointParts): Endpoint {
  const { config, logger } = parts;
  const isSecure = config.publicUrl?.startsWith('https:') ?? false;
  const sessionCookie = createSessionCookie(parts.installationId, isSecure);
  const signInCookie = createSignInCookie(parts.installationId, isSecure);
  const cors = createCors(config.allowedOrigins, config.credentialHeaders);
  const graphiql = config.graphiql ? createGraphiql(config) : null;
  const documents = createDocuments(parts.schema);
  const readOperation = createOperationReader(documents, parts.schema);
  const fastPath = config.fastPath ? createFastPath(parts) : null;
  const yoga = createGraphQLServer(parts);
  const isTrustedOrigin = (origin: string, request: HttpRequest) =>
    cors.allows(origin) || origin === request.url.origin || origin === config.publicUrl;
  const authenticateRequest = createRequestAuthenticator({
    authenticate: parts.authenticate,
    readSecret: parts.readSecret,
    readJwt: parts.readJwt,
    limits: parts.limits,
    credentialHeaders: config.credentialHeaders,
    sessionCookie,
    isTrustedOrigin,
  });

  /** Returns the response to an authenticated request, without a promise if no field has to wait for anything. */
  function execute(
    request: HttpRequest,
    requestContext: RequestContext,
    graphqlParams: GraphQLParams,
    authenticated: AuthenticatedRequest,
  ): MaybePromise<HttpResponse> {
    const { principal, staleCookie } = authenticated;
    requestContext.principal = principal;
    requireExpectedUser(request, authenticated);
    let session: CookieSession | null | undefined = staleCookie ? null : undefined;
    const finished = new Set<string>();
    const server: ServerContext = {
      caller: callerOf(request, requestContext, authenticated),
      principal,
      readOperation,
      signal: () => request.signal,
      signInDigest(state) {
        const begun = signInCookie.read(request.header('cookie'), state);
        if (begun === null) return null;
        if (!isFromTrustedPage(request, isTrustedOrigin)) throw failure('CSRF_REJECTED');
        finished.add(signInCookie.delete(state));
        return signInDigest(state, begun);
      },
      setSession(secret, expiresAt) {
        session = secret !== null && expiresAt !== null ? { secret, expiresAt } : null;
      },
    };
    const call = createCall({ documents, schema: parts.schema }, request, {
      graphqlParams,
      server,
      requestContext,
    });
    const executed = andThen(fastPath?.(request, call), (response) => response ?? yoga(request, call));
    return andThen(executed, (response) => {
      if (session === undefined && finished.size === 0) return response;
      const changed = session === undefined ? [] : [sessionCookie.write(session, parts.clock())];
      return { ...response, cookies: [...changed, ...finished] };
    });
  }

  async function readAndExecute(request: HttpRequest, requestContext: RequestContext): Promise<HttpResponse> {
    const params = await readParams(request);
    return andThen(authenticateRequest(request, requestContext.address), (authenticated) =>
      execute(request, requestContext, params, authenticated),
    );
  }

  function handle(request: HttpRequest, requestContext: RequestContext): MaybePromise<HttpResponse> {
    if (request.method === 'OPTIONS') return cors.preflight(request);
    if (!METHODS.includes(request.method)) {
      const refusal = failure('BAD_REQUEST', 'Use GET or POST.');
      return errorResponse(refusal, requestContext, {
        status: 405,
        headers: { allow: 'GET, POST, OPTIONS' },
      });
    }
    if (graphiql?.accepts(request)) return graphiql.page(request);
    return readAndExecute(request, requestContext).catch((error: unknown) =>
      failureResponse(error, request, requestContext, logger),
    );
  }

  return (request, requestContext) =>
    andThen(handle(request, requestContext), (response) => cors.apply(request, response));
}
