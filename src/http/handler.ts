import type { Config } from '../config.ts';
import { failure } from '../domain/errors.ts';
import { monotonicNow } from '../platform/clock.ts';
import type { IdSource } from '../platform/ids.ts';
import { createRateLimits } from './auth/rate-limits.ts';
import { loadConsole } from './endpoints/console.ts';
import { createVerificationRoutes, type VerificationParts } from './endpoints/verification.ts';
import { createGraphQLEndpoint, type GraphQLEndpointParts } from './graphql/endpoint.ts';
import { createAddressReader } from './message/client-address.ts';
import type { HttpRequest, HttpResponse } from './message/message.ts';
import { readOnly } from './message/methods.ts';
import { errorResponse, failureResponse, jsonResponse, withDefaultHeaders } from './message/responses.ts';
import type { Metrics } from './metrics.ts';
import { createRequestContext, type Endpoint, logFieldsOf, type RequestContext } from './request-context.ts';

/** What the wire is made of. */
export interface HttpParts extends Omit<GraphQLEndpointParts & VerificationParts, 'limits'> {
  readonly config: GraphQLEndpointParts['config'] &
    VerificationParts['config'] &
    Pick<Config, 'trustProxy' | 'refusalsPerMinute' | 'anonymousPerMinute' | 'requestsPerMinute'>;
  readonly ids: IdSource;
  /** Resolves when the database answers and has the schema that this version needs; rejects otherwise. */
  readonly probe: () => Promise<void>;
  /** Told of every request that was answered; `null` where nobody measures. */
  readonly metrics: Pick<Metrics, 'observe'> | null;
}

/** The other end of the connection that a request came over. */
export interface Peer {
  readonly address: string | null;
}

/** Postern over HTTP, whatever carries the requests. */
export interface HttpHandler {
  /** Answers a request. Never rejects: what goes wrong is answered, too. */
  answer(request: HttpRequest, peer: Peer): HttpResponse | Promise<HttpResponse>;
  /** Answers what is not even a request, such as one with a malformed `Host`. */
  refuse(error: unknown): HttpResponse;
  /** From now on, every request but one for `/health` gets `UNAVAILABLE`. Those under way are finished. */
  drain(): void;
}

/**
 * Answers whether the database can be used. Requests that come while it is being probed share that probe: anybody may ask,
 * and however many do, they take one connection.
 */
function createReadiness({ probe, logger }: Pick<HttpParts, 'probe' | 'logger'>): Endpoint {
  let probing: Promise<void> | null = null;

  function probeOnce(): Promise<void> {
    probing ??= probe().finally(() => {
      probing = null;
    });
    return probing;
  }

  return async (_request, requestContext) => {
    try {
      await probeOnce();
      return jsonResponse({ status: 'ready' });
    } catch (error) {
      logger.warn({ requestId: requestContext.requestId, err: error }, 'not ready');
      throw failure('UNAVAILABLE');
    }
  };
}

/** The handler over its parts. */
export function createHttpHandler(parts: HttpParts): HttpHandler {
  const { config, logger, metrics } = parts;
  const limits = createRateLimits({
    refusals: config.refusalsPerMinute,
    anonymous: config.anonymousPerMinute,
    requests: config.requestsPerMinute,
  });
  const addressOf = createAddressReader(config.trustProxy, logger);
  const ready = createReadiness(parts);
  const pages = loadConsole();
  let draining = false;

  const routes: ReadonlyMap<string, Endpoint> = new Map([
    ['/graphql', createGraphQLEndpoint({ ...parts, limits })],
    ...createVerificationRoutes({ ...parts, limits }),
    ['/health', readOnly(async () => jsonResponse({ status: 'ok' }))],
    ['/ready', readOnly(ready)],
  ]);

  /** The path of a request as the routes name it: in its normal form, where it was not sent so. */
  function pathOf(request: HttpRequest): string {
    return routes.has(request.path) ? request.path : request.url.pathname;
  }

  function route(
    path: string,
    request: HttpRequest,
    requestContext: RequestContext,
  ): HttpResponse | Promise<HttpResponse> {
    if (draining && path !== '/health') throw failure('UNAVAILABLE', 'Postern is shutting down.');
    const endpoint = routes.get(path) ?? pages?.find(path, request);
    if (!endpoint) throw failure('NOT_FOUND');
    return endpoint(request, requestContext);
  }

  /** Takes note of an answer, and makes it complete. */
  function finish(
    answer: HttpResponse,
    request: HttpRequest,
    requestContext: RequestContext,
    begun: number,
  ): HttpResponse {
    const { method } = request;
    // A path that is none of ours may be anything, a secret that was pasted included.
    const path = routes.has(requestContext.path) ? requestContext.path : null;
    const { status } = answer;
    const ms = monotonicNow() - begun;
    if (logger.isLevelEnabled('info')) {
      logger.info({ ...logFieldsOf(requestContext), method, path, status, ms: Math.round(ms) }, 'request');
    }
    metrics?.observe({ visit: requestContext, path, method, status, seconds: ms / 1000 });
    return withDefaultHeaders(answer, requestContext.requestId);
  }

  return {
    answer(request, peer) {
      const begun = monotonicNow();
      const requestContext = createRequestContext(parts.ids(), addressOf(request, peer.address));
      const done = (answer: HttpResponse) => finish(answer, request, requestContext, begun);
      const failed = (error: unknown) => done(failureResponse(error, request, requestContext, logger));
      try {
        requestContext.path = pathOf(request);
        const answer = route(requestContext.path, request, requestContext);
        return answer instanceof Promise ? answer.then(done, failed) : done(answer);
      } catch (error) {
        return failed(error);
      }
    },

    refuse(error) {
      const requestContext = createRequestContext(parts.ids(), null);
      const answer = errorResponse(error, requestContext);
      logger.info({ ...logFieldsOf(requestContext), status: answer.status }, 'malformed request');
      return withDefaultHeaders(answer, requestContext.requestId);
    },

    drain() {
      draining = true;
    },
  };
}
