import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ERRORS } from '../domain/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { Services } from '../services/services.ts';
import type { RequestContext } from './request-context.ts';

/** Seconds. Most responses take less than a millisecond; changes wait for the disk. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

/** A request with its response. */
interface Observation {
  readonly requestContext: RequestContext;
  /** The path of a route; `null` for any other path. */
  readonly path: string | null;
  readonly method: string;
  readonly status: number;
  /** From the end of the request's headers to the start of the response. */
  readonly seconds: number;
}

/** The metrics of a server. The number of label values is bounded by the code, not by clients. */
export interface Metrics {
  observe(observation: Observation): void;
  /** Returns all metrics in the text format of Prometheus. */
  read(): Promise<string>;
  readonly contentType: string;
}

/** Bytes of the database by part, and connections of its pool by state. */
interface DatabaseSizes {
  readonly bytes: Readonly<Record<string, number>>;
  readonly connections: Readonly<Record<string, number>>;
}

/** The parts of the server that gauges read. */
export interface MetricsSources {
  readonly services: Pick<Services, 'cascades' | 'lastUse' | 'streams' | 'tokenImport'>;
  readonly database: { measure(): Promise<DatabaseSizes> };
  readonly logger: Logger;
}

function createRequestMetrics(register: Registry) {
  const registers = [register];
  const requests = new Counter({
    name: 'postern_requests_total',
    help: 'Responses, by path, method and HTTP status.',
    labelNames: ['path', 'method', 'status'],
    registers,
  });
  const errors = new Counter({
    name: 'postern_errors_total',
    help: 'Errors in responses by code, of whole requests and of fields.',
    labelNames: ['code'],
    registers,
  });
  // A counter that appears with its first error starts at 1, and the rate of an alert would not count that error.
  for (const code of Object.keys(ERRORS)) errors.inc({ code }, 0);
  const durations = new Histogram({
    name: 'postern_request_duration_seconds',
    help: 'Seconds from reading a request to starting its response, by path.',
    labelNames: ['path'],
    buckets: BUCKETS,
    registers,
  });
  return ({ requestContext, path, method, status, seconds }: Observation): void => {
    const label = path ?? 'other';
    requests.inc({ path: label, method: METHODS.includes(method) ? method : 'other', status });
    durations.observe({ path: label }, seconds);
    for (const code of requestContext.codes) errors.inc({ code });
  };
}

/** Creates the gauges. Returns a function that updates them, which is called for each read. */
function createGauges(register: Registry, { services, database, logger }: MetricsSources) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge<Label>({ name, help, labelNames, registers: [register] });
  const streams = gauge('postern_open_streams', 'Open subscriptions.');
  const backlog = gauge('postern_last_use_backlog', 'Credentials whose last use is not yet stored.');
  const imported = gauge(
    'postern_imported_tokens',
    'Tokens that are neither revoked nor expired and whose current secret was imported.',
  );
  const cascades = gauge(
    'postern_pending_ends',
    'Ends of tokens that count already and have yet to be stored in the rows of all tokens concerned.',
  );
  const failed = gauge(
    'postern_failed_ends',
    'Pending ends of tokens whose last chunk failed in this process. They are tried again.',
  );
  const up = gauge('postern_database_up', '1 if the database could be read for this scrape, otherwise 0.');
  const bytes = gauge(
    'postern_database_bytes',
    'Size of the database in bytes; for SQLite also of the write-ahead log.',
    'part',
  );
  const connections = gauge(
    'postern_pool_connections',
    'Connections to PostgreSQL, and callers waiting for one.',
    'state',
  );

  async function measureDatabase(): Promise<void> {
    const stats = await database.measure();
    for (const [part, size] of Object.entries(stats.bytes)) bytes.set({ part }, size);
    for (const [state, count] of Object.entries(stats.connections)) connections.set({ state }, count);
  }

  return async (): Promise<void> => {
    streams.set(services.streams.count());
    backlog.set(services.lastUse.backlog());
    failed.set(services.cascades.countFailed());
    try {
      cascades.set(await services.cascades.count());
      imported.set(await services.tokenImport.countLeft());
      await measureDatabase();
      up.set(1);
    } catch (error) {
      logger.warn({ err: error }, 'could not read the size of the database');
      up.set(0);
    }
  };
}

/** Creates the metrics of a server, including those of the Node runtime: memory, garbage collection, event-loop delay. */
export function createMetrics(sources: MetricsSources): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const measure = createGauges(register, sources);
  return {
    observe: createRequestMetrics(register),
    contentType: register.contentType,
    async read() {
      await measure();
      return register.metrics();
    },
  };
}
