import type { Config } from '../config.ts';
import { failure } from '../domain/errors.ts';
import { stopwatch } from '../platform/clock.ts';
import type { IdSource } from '../platform/ids.ts';
import { answerFailure, jsonAnswer, refusalAnswer, seal } from './answers.ts';
import { createAddressReader } from './client-address.ts';
import { loadConsole } from './console.ts';
import { createGraphQLEndpoint, type GraphQLEndpointParts } from './graphql-endpoint.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';
import { readOnly } from './methods.ts';
import type { Metrics } from './metrics.ts';
import { createRateLimits } from './rate-limits.ts';
import { createVerificationRoutes, type VerificationParts } from './verification.ts';
import { createVisit, type Endpoint, logFieldsOf, type Visit } from './visit.ts';

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
  answer(request: HttpRequest, peer: Peer): HttpAnswer | Promise<HttpAnswer>;
  /** Answers what is not even a request, such as one with a malformed `Host`. */
  refuse(error: unknown): HttpAnswer;
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

  return async (_request, visit) => {
    try {
      await probeOnce();
      return jsonAnswer({ status: 'ready' });
    } catch (error) {
      logger.warn({ requestId: visit.requestId, err: error }, 'not ready');
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
    ['/health', readOnly(async () => jsonAnswer({ status: 'ok' }))],
    ['/ready', readOnly(ready)],
  ]);

  /** The path of a request as the routes name it: in its normal form, where it was not sent so. */
  function pathOf(request: HttpRequest): string {
    return routes.has(request.path) ? request.path : request.url.pathname;
  }

  function route(path: string, request: HttpRequest, visit: Visit): HttpAnswer | Promise<HttpAnswer> {
    if (draining && path !== '/health') throw failure('UNAVAILABLE', 'Postern is shutting down.');
    const endpoint = routes.get(path) ?? pages?.find(path, request);
    if (!endpoint) throw failure('NOT_FOUND');
    return endpoint(request, visit);
  }

  /** Takes note of an answer, and makes it complete. */
  function finish(answer: HttpAnswer, request: HttpRequest, visit: Visit, begun: number): HttpAnswer {
    const { method } = request;
    // A path that is none of ours may be anything, a secret that was pasted included.
    const path = routes.has(visit.path) ? visit.path : null;
    const { status } = answer;
    const ms = stopwatch() - begun;
    if (logger.isLevelEnabled('info')) {
      logger.info({ ...logFieldsOf(visit), method, path, status, ms: Math.round(ms) }, 'request');
    }
    metrics?.observe({ visit, path, method, status, seconds: ms / 1000 });
    return seal(answer, visit.requestId);
  }

  return {
    answer(request, peer) {
      const begun = stopwatch();
      const visit = createVisit(parts.ids(), addressOf(request, peer.address));
      const done = (answer: HttpAnswer) => finish(answer, request, visit, begun);
      const failed = (error: unknown) => done(answerFailure(error, request, visit, logger));
      try {
        visit.path = pathOf(request);
        const answer = route(visit.path, request, visit);
        return answer instanceof Promise ? answer.then(done, failed) : done(answer);
      } catch (error) {
        return failed(error);
      }
    },

    refuse(error) {
      const visit = createVisit(parts.ids(), null);
      const answer = refusalAnswer(error, visit);
      logger.info({ ...logFieldsOf(visit), status: answer.status }, 'malformed request');
      return seal(answer, visit.requestId);
    },

    drain() {
      draining = true;
    },
  };
}
