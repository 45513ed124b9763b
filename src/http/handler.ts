import type { Config } from '../config.ts';
import { failure } from '../domain/errors.ts';
import { monotonicNow } from '../platform/clock.ts';
import type { IdSource } from '../platform/ids.ts';
import { createRateLimits } from './auth/rate-limits.ts';
import type { Console } from './endpoints/console.ts';
import { createProviderRoutes, type ProviderParts } from './endpoints/providers.ts';
import { createVerificationRoutes, type VerificationParts } from './endpoints/verification.ts';
import { createGraphQLEndpoint, type GraphQLEndpointParts } from './graphql/endpoint.ts';
import { createAddressReader } from './message/client-address.ts';
import type { HttpRequest, HttpResponse } from './message/message.ts';
import { readOnly } from './message/methods.ts';
import { errorResponse, failureResponse, jsonResponse, withDefaultHeaders } from './message/responses.ts';
import type { Metrics } from './metrics.ts';
import { createRequestContext, type Endpoint, logFieldsOf, type RequestContext } from './request-context.ts';
import { createScimEndpoint, SCIM_PATH } from './scim/endpoint.ts';

/** The parts of the HTTP handler. */
export interface HttpParts extends Omit<GraphQLEndpointParts & VerificationParts & ProviderParts, 'limits'> {
  readonly config: GraphQLEndpointParts['config'] &
    VerificationParts['config'] &
    Pick<Config, 'trustProxy' | 'refusalsPerMinute' | 'anonymousPerMinute' | 'requestsPerMinute'>;
  readonly ids: IdSource;
  /** Resolves if the database responds and has the schema of this version; rejects otherwise. */
  readonly probe: () => Promise<void>;
  /** Observes each response; `null` if metrics are off. */
  readonly metrics: Pick<Metrics, 'observe'> | null;
  /** The built console; `null` if it is not built. */
  readonly pages: Console | null;
}

/** The other end of a request's connection. */
export interface Peer {
  readonly address: string | null;
}

/** Postern over HTTP, independent of the server that reads the requests. */
export interface HttpHandler {
  /** Returns the response to a request. Never throws or rejects: errors become responses. */
  handle(request: HttpRequest, peer: Peer): HttpResponse | Promise<HttpResponse>;
  /** Returns the response to a request that could not be read, such as one with a malformed `Host`. */
  refuse(error: unknown): HttpResponse;
  /** From now on, requests get `UNAVAILABLE`, except for `/health`. Pending requests are finished. */
  drain(): void;
}

/**
 * Returns the endpoint that reports whether the database is usable. Concurrent requests share one probe and so one
 * connection, because the endpoint needs no credential.
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

/** Creates the handler with its routes. */
export function createHttpHandler(parts: HttpParts): HttpHandler {
  const { config, logger, metrics, pages } = parts;
  const limits = createRateLimits({
    refusals: config.refusalsPerMinute,
    anonymous: config.anonymousPerMinute,
    requests: config.requestsPerMinute,
  });
  const addressOf = createAddressReader(config.trustProxy, logger);
  const ready = createReadiness(parts);
  let draining = false;

  const routes: ReadonlyMap<string, Endpoint> = new Map([
    ['/graphql', createGraphQLEndpoint({ ...parts, limits })],
    ...createVerificationRoutes({ ...parts, limits }),
    ...createProviderRoutes({ ...parts, limits }),
    ...(parts.services.providers.length > 0
      ? [[SCIM_PATH, createScimEndpoint({ ...parts, limits })] as const]
      : []),
    ['/health', readOnly(async () => jsonResponse({ status: 'ok' }))],
    ['/ready', readOnly(ready)],
  ]);

  /** Returns the path of a request, normalized and without a slash at its end if the path as sent is not a route. All paths of SCIM are one. */
  function pathOf(request: HttpRequest): string {
    if (routes.has(request.path)) return request.path;
    const { pathname } = request.url;
    if (pathname.startsWith(`${SCIM_PATH}/`)) return SCIM_PATH;
    const trimmed = pathname.replace(/\/$/, '');
    return routes.has(trimmed) ? trimmed : pathname;
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

  /** Logs and measures a response, and adds the default headers. */
  function finish(
    response: HttpResponse,
    request: HttpRequest,
    requestContext: RequestContext,
    startedAt: number,
  ): HttpResponse {
    const { method } = request;
    // An unknown path is not logged: it can contain a pasted secret.
    const path = routes.has(requestContext.path) ? requestContext.path : null;
    const { status } = response;
    const ms = monotonicNow() - startedAt;
    if (logger.isLevelEnabled('info')) {
      logger.info({ ...logFieldsOf(requestContext), method, path, status, ms: Math.round(ms) }, 'request');
    }
    metrics?.observe({ requestContext, path, method, status, seconds: ms / 1000 });
    return withDefaultHeaders(response, requestContext.requestId);
  }

  return {
    handle(request, peer) {
      const startedAt = monotonicNow();
      const requestContext = createRequestContext(parts.ids(), addressOf(request, peer.address));
      const done = (response: HttpResponse) => finish(response, request, requestContext, startedAt);
      const failed = (error: unknown) => done(failureResponse(error, request, requestContext, logger));
      try {
        requestContext.path = pathOf(request);
        const response = route(requestContext.path, request, requestContext);
        return response instanceof Promise ? response.then(done, failed) : done(response);
      } catch (error) {
        return failed(error);
      }
    },

    refuse(error) {
      const requestContext = createRequestContext(parts.ids(), null);
      const response = errorResponse(error, requestContext);
      logger.info({ ...logFieldsOf(requestContext), status: response.status }, 'malformed request');
      return withDefaultHeaders(response, requestContext.requestId);
    },

    drain() {
      draining = true;
    },
  };
}
