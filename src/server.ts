import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type App, createApp } from './app.ts';
import { type Config, ConfigError } from './config.ts';
import { createMetricsServer, type MetricsServer } from './http/metrics-server.ts';
import { createNodeServer, type NodeServer } from './http/node/server.ts';
import { monotonicNow } from './platform/clock.ts';
import { startWatchdog } from './platform/watchdog.ts';
import type { FirstOwner } from './services/accounts/bootstrap.ts';

/** From the signal to the last answer, and to the end; whoever started us will not wait longer than ten seconds. */
const DRAIN_MS = 8_000;
const STOP_MS = 9_500;

const REFUSAL_LOG_MS = 60_000;

const EVERYWHERE = ['0.0.0.0', '::'];

function urlOf({ publicUrl, host }: Config, port: number): string {
  if (publicUrl) return publicUrl;
  const name = EVERYWHERE.includes(host) ? 'localhost' : host;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}

function signInHint({ email, password }: FirstOwner): string {
  const how = password
    ? `the password ${password} (made up just now, and shown only here)`
    : 'the password of POSTERN_OWNER_PASSWORD';
  return `Postern has its first owner: sign in as ${email} with ${how}.`;
}

function welcome({ graphiql }: Config, url: string): string {
  return [
    `Postern listens on ${url}`,
    `Open ${url} in a browser for the console.`,
    ...(graphiql ? [`Open ${url}/graphql for GraphiQL: its tabs walk you through the life of a token.`] : []),
    `Or ask from a shell: curl ${url}/graphql -H 'Content-Type: application/json' -d '{"query":"{ __typename }"}'`,
  ].join('\n');
}

async function listen(
  server: Pick<NodeServer, 'listen'>,
  host: string,
  port: number,
  variables: string,
): Promise<number> {
  try {
    return await server.listen(port, host);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError(`${variables}: cannot listen on ${host}, port ${port} (${reason})`);
  }
}

/** Serves what is measured, where that is asked for. */
async function serveMetrics({ metrics, logger }: App, config: Config): Promise<MetricsServer | null> {
  if (metrics === null || config.metricsPort === null) return null;
  const server = createMetricsServer(metrics);
  const { metricsHost: host } = config;
  const port = await listen(server, host, config.metricsPort, 'POSTERN_METRICS_HOST, POSTERN_METRICS_PORT');
  logger.info({ host, port }, 'metrics are served');
  return server;
}

/** Resolves at the first signal to stop; the second one ends the process on the spot. */
async function stopSignal(): Promise<void> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  for (const signal of signals) process.once(signal, () => process.exit(1));
}

/** Ends the process, with a line in the log, on an error that nothing caught: its state can be relied on no more. */
function dieLoudly({ logger }: App): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an error that nothing caught');
    process.exit(1);
  });
}

/** Has a process end that stands still. Only once it has begun to serve: a migration may rightly take longer. */
function watch({ logger }: App, { watchdogSeconds }: Config): void {
  if (watchdogSeconds === 0) return;
  startWatchdog(watchdogSeconds);
  if (process.pid === 1) {
    logger.warn('the watchdog cannot end process 1: run it under an init, as "docker run --init" does');
  }
}

/** Logs that connections are refused, at most once a minute: whoever opens too many must not fill the log as well. */
function createRefusalLog({ logger }: App, { maxConnections }: Config): () => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const now = monotonicNow();
    if (now < quietUntil) return;
    quietUntil = now + REFUSAL_LOG_MS;
    logger.warn({ maxConnections }, 'POSTERN_MAX_CONNECTIONS is reached: connections are refused');
  };
}

/**
 * Runs the server until the process is told to stop, then answers what is under way and stores what is in memory.
 * Throws where it cannot start: a `ConfigError` where the configuration is to blame.
 */
export async function serve(config: Config, print: (text: string) => void): Promise<void> {
  const app = await createApp(config);
  dieLoudly(app);
  watch(app, config);
  const server = createNodeServer(app, {
    maxConnections: config.maxConnections,
    onRefused: createRefusalLog(app, config),
  });
  try {
    if (app.firstOwner) print(signInHint(app.firstOwner));
    const metrics = await serveMetrics(app, config);
    const port = await listen(server, config.host, config.port, 'HOST, PORT');
    const stop = stopSignal();
    print(welcome(config, urlOf(config, port)));
    await stop;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    app.logger.info('stopping');
    await server.drain(DRAIN_MS);
    metrics?.close();
  } finally {
    await app.close();
  }
}
