import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Logger } from '../platform/logger.ts';
import type { Services } from '../services/services.ts';
import type { DatabaseHandle } from '../storage/database.ts';
import type { RequestContext } from './request-context.ts';

/** Seconds. Most answers take less than a millisecond, and a change waits for the disk. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

/** A request that has been answered. */
interface Answered {
  readonly visit: RequestContext;
  /** One of our paths; `null` for any other. */
  readonly path: string | null;
  readonly method: string;
  readonly status: number;
  /** From when the request was read until the answer began. */
  readonly seconds: number;
}

/** What is counted and measured of a server. No label has more values than our code has names for. */
export interface Metrics {
  observe(answered: Answered): void;
  /** All of it, in the text format of Prometheus. */
  read(): Promise<string>;
  readonly contentType: string;
}

/** What measurements are taken of. */
export interface Measured {
  readonly services: Pick<Services, 'lastUse' | 'streams'>;
  readonly database: Pick<DatabaseHandle, 'measure'>;
  readonly logger: Logger;
}

function createRequestMetrics(register: Registry) {
  const registers = [register];
  const requests = new Counter({
    name: 'postern_requests_total',
    help: 'Requests answered, by path, method and HTTP status.',
    labelNames: ['path', 'method', 'status'],
    registers,
  });
  const errors = new Counter({
    name: 'postern_errors_total',
    help: 'Errors in answers, by their code: refused requests, and refusals at a field.',
    labelNames: ['code'],
    registers,
  });
  const durations = new Histogram({
    name: 'postern_request_duration_seconds',
    help: 'From when a request was read until its answer began, by path.',
    labelNames: ['path'],
    buckets: BUCKETS,
    registers,
  });
  return ({ visit: requestContext, path, method, status, seconds }: Answered): void => {
    const label = path ?? 'other';
    requests.inc({ path: label, method: METHODS.includes(method) ? method : 'other', status });
    durations.observe({ path: label }, seconds);
    for (const code of requestContext.codes) errors.inc({ code });
  };
}

/** Gauges that are set when somebody reads: nothing is measured for nobody. */
function createGauges(register: Registry, { services, database, logger }: Measured) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge<Label>({ name, help, labelNames, registers: [register] });
  const streams = gauge('postern_open_streams', 'Open subscriptions.');
  const backlog = gauge('postern_last_use_backlog', 'Credentials whose last use is not stored yet.');
  const up = gauge('postern_database_up', '1 where the database could be measured just now, 0 where not.');
  const bytes = gauge(
    'postern_database_bytes',
    'Size of the database; of SQLite, with the log of what is not in it yet.',
    'part',
  );
  const connections = gauge(
    'postern_pool_connections',
    'Connections to PostgreSQL, and requests that wait for one.',
    'state',
  );

  async function measureDatabase(): Promise<void> {
    const measures = await database.measure();
    for (const [part, size] of Object.entries(measures.bytes)) bytes.set({ part }, size);
    for (const [state, count] of Object.entries(measures.connections)) connections.set({ state }, count);
  }

  return async (): Promise<void> => {
    streams.set(services.streams.count());
    backlog.set(services.lastUse.backlog());
    try {
      await measureDatabase();
      up.set(1);
    } catch (error) {
      logger.warn({ err: error }, 'the database could not be measured');
      up.set(0);
    }
  };
}

/** Metrics of a server, besides those that Node's own runtime gives: memory, garbage collection, event-loop delay. */
export function createMetrics(measured: Measured): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const measure = createGauges(register, measured);
  return {
    observe: createRequestMetrics(register),
    contentType: register.contentType,
    async read() {
      await measure();
      return register.metrics();
    },
  };
}
