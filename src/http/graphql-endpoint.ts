import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config.ts';
import { failure } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { CreateContext, ServerContext } from '../graphql/context.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Credential } from '../services/caller.ts';
import { createAdmission } from './admission.ts';
import { answerFailure, refusalAnswer } from './answers.ts';
import { callerOf } from './caller.ts';
import { createCors } from './cors.ts';
import { createDocuments } from './documents.ts';
import { requireExpectedUser } from './expected-user.ts';
import { createGraphiql } from './graphiql.ts';
import { createCall } from './graphql-call.ts';
import { createLane } from './graphql-lane.ts';
import { readParams } from './graphql-params.ts';
import { createGraphQLServer } from './graphql-server.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';
import type { RateLimits } from './rate-limits.ts';
import { type CookieSession, createSessionCookie } from './session-cookie.ts';
import type { Endpoint, Visit } from './visit.ts';

const METHODS = ['GET', 'POST'];

/** What `/graphql` is made of. */
export interface GraphQLEndpointParts {
  readonly config: Pick<Config, 'allowedOrigins' | 'publicUrl' | 'graphiql'>;
  readonly limits: RateLimits;
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly installationId: string;
  readonly authenticate: (credential: Credential) => Promise<Principal>;
  readonly createContext: CreateContext;
}

/** The endpoint over its parts. */
export function createGraphQLEndpoint(parts: GraphQLEndpointParts): Endpoint {
  const { config, logger } = parts;
  const isSecure = config.publicUrl?.startsWith('https:') ?? false;
  const sessionCookie = createSessionCookie(parts.installationId, isSecure);
  const cors = createCors(config.allowedOrigins);
  const graphiql = config.graphiql ? createGraphiql() : null;
  const documents = createDocuments(parts.schema);
  const lane = createLane(parts);
  const yoga = createGraphQLServer(parts);
  const admit = createAdmission({
    authenticate: parts.authenticate,
    limits: parts.limits,
    sessionCookie,
    isOurs: (origin, request) =>
      cors.allows(origin) || origin === request.url.origin || origin === config.publicUrl,
  });

  async function execute(request: HttpRequest, visit: Visit): Promise<HttpAnswer> {
    const graphqlParams = await readParams(request);
    const admission = await admit(request, visit.address);
    const { credential, principal, deadCookie } = admission;
    visit.principal = principal;
    requireExpectedUser(request, admission);
    let cookie: CookieSession | null | undefined = deadCookie ? null : undefined;
    const server: ServerContext = {
      caller: callerOf(request, visit, credential),
      principal,
      gone: () => request.signal,
      setSession(secret, expiresAt) {
        cookie = secret !== null && expiresAt !== null ? { secret, expiresAt } : null;
      },
    };
    const call = createCall({ documents, schema: parts.schema }, request, { graphqlParams, server, visit });
    const answer = (await lane(request, call)) ?? (await yoga(request, call));
    if (cookie !== undefined) answer.headers['set-cookie'] = sessionCookie.write(cookie, parts.clock());
    return answer;
  }

  async function answer(request: HttpRequest, visit: Visit): Promise<HttpAnswer> {
    if (request.method === 'OPTIONS') return cors.preflight(request);
    if (!METHODS.includes(request.method)) {
      const refusal = failure('BAD_REQUEST', 'GraphQL takes GET and POST.');
      return refusalAnswer(refusal, visit, {
        status: 405,
        headers: { allow: 'GET, POST, OPTIONS' },
      });
    }
    if (graphiql?.isAskedFor(request)) return graphiql.page(request);
    return execute(request, visit).catch((error: unknown) => answerFailure(error, request, visit, logger));
  }

  return async (request, visit) => cors.apply(request, await answer(request, visit));
}
