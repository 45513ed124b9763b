import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type App, createApp } from './app.ts';
import { type Config, ConfigError } from './config.ts';
import { originOf } from './config-origin.ts';
import { createMetricsServer, type MetricsServer } from './http/metrics-server.ts';
import { createNodeServer, type NodeServer } from './http/node/server.ts';
import { monotonicNow } from './platform/clock.ts';
import { OperatorError } from './platform/operator-error.ts';
import { startWatchdog } from './platform/watchdog.ts';
import type { FirstOwner } from './services/accounts/bootstrap.ts';
import { isUnavailable } from './storage/errors.ts';

/** From the signal to the last response, and to the exit. Supervisors commonly kill a process after ten seconds. */
const DRAIN_MS = 8_000;
const STOP_MS = 9_500;

const REFUSAL_LOG_MS = 60_000;

const LISTEN = 'HOST or PORT';
const LISTEN_METRICS = 'POSTERN_METRICS_HOST or POSTERN_METRICS_PORT';

function signInHint({ email, password }: FirstOwner, { passwordSignIn }: Config): string {
  if (passwordSignIn === 'off') {
    return `Created the first owner. For a link to sign in, run: postern user sign-in-link ${email}`;
  }
  const how = password
    ? `the password ${password} (generated; it won't be shown again)`
    : 'the password in POSTERN_OWNER_PASSWORD';
  return `Created the first owner. Sign in as ${email} with ${how}.`;
}

/** Returns lines between two rules, so that they stand out from the log. */
function framed(lines: readonly string[]): string {
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)));
  return [rule, ...lines, rule].join('\n');
}

function welcome({ graphiql }: Config, url: string): string {
  return [
    `Postern listens on ${url}`,
    `Open ${url} in a browser for the console.`,
    ...(graphiql
      ? [`Open ${url}/graphql for GraphiQL. Its tabs create, use, update and delete a token.`]
      : []),
    `Or send a request from a shell: curl ${url}/graphql -H 'Content-Type: application/json' -d '{"query":"{ __typename }"}'`,
  ].join('\n');
}

/** Returns a server that takes a port, which shows that it is free. Throws a `ConfigError` if it is in use. */
async function takePort(host: string, port: number, variables: string): Promise<Server> {
  const probe = createServer();
  const server = {
    async listen() {
      probe.listen(port, host);
      await once(probe, 'listening');
      return port;
    },
  };
  await listen(server, host, port, variables);
  return probe;
}

/** Throws a `ConfigError` if a port is in use, before anything is created. Port 0 is always free. */
async function requireFreePorts({ host, port, metricsHost, metricsPort }: Config): Promise<void> {
  // All are open at the same time, because both settings can name the same port.
  const probes: Server[] = [];
  try {
    if (port !== 0) probes.push(await takePort(host, port, LISTEN));
    if (metricsPort) probes.push(await takePort(metricsHost, metricsPort, LISTEN_METRICS));
  } finally {
    for (const probe of probes) await once(probe.close(), 'close');
  }
}

/** Returns what an operator has to know about an error at the start: its message if it can be corrected, otherwise the error itself. */
export function describeStartError(error: unknown): unknown {
  const isForOperator = error instanceof ConfigError || error instanceof OperatorError;
  const isOfTheSystem = isUnavailable(error) || (error instanceof Error && 'syscall' in error);
  return error instanceof Error && (isForOperator || isOfTheSystem) ? error.message : error;
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
    throw new ConfigError(
      reason === 'EADDRINUSE'
        ? `Port ${port} on ${host} is already in use. Stop that program or set ${variables}.`
        : `Cannot listen on ${host}, port ${port} (${reason}). Check ${variables}.`,
    );
  }
}

/** Serves the metrics if they are configured; otherwise returns `null`. */
async function serveMetrics({ metrics, logger }: App, config: Config): Promise<MetricsServer | null> {
  if (metrics === null || config.metricsPort === null) return null;
  const server = createMetricsServer(metrics);
  const { metricsHost: host } = config;
  const port = await listen(server, host, config.metricsPort, LISTEN_METRICS);
  logger.info({ host, port }, 'serving metrics');
  return server;
}

/** Resolves at the first signal to stop. The second one exits immediately. */
async function stopSignal(): Promise<void> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  await Promise.race(signals.map((signal) => once(process, signal)));
  for (const signal of signals) process.once(signal, () => process.exit(1));
}

/** Logs an uncaught error and exits, because the state of the process can no longer be relied on. */
function exitOnUncaughtError({ logger }: App): void {
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught error');
    process.exit(1);
  });
}

/** Starts the watchdog. Call it after the migrations, which can block for longer than the watchdog allows. */
function watch({ logger }: App, { watchdogSeconds }: Config): void {
  if (watchdogSeconds === 0) return;
  startWatchdog(watchdogSeconds);
  if (process.pid === 1) {
    logger.warn(
      'the watchdog cannot stop process 1: run Postern under an init, for example with "docker run --init"',
    );
  }
}

/** Returns a function that logs refused connections, at most once a minute, so that a flood does not fill the log. */
function createRefusalLog({ logger }: App, { maxConnections }: Config): () => void {
  let quietUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const now = monotonicNow();
    if (now < quietUntil) return;
    quietUntil = now + REFUSAL_LOG_MS;
    logger.warn({ maxConnections }, 'refusing connections: POSTERN_MAX_CONNECTIONS is reached');
  };
}

/**
 * Runs the server until a stop signal, then finishes pending requests and writes what is in memory to the database.
 * Throws if it cannot start; a `ConfigError` if the configuration is the cause.
 */
export async function serve(config: Config, print: (text: string) => void): Promise<void> {
  await requireFreePorts(config);
  const app = await createApp(config);
  // Another program may take the port meanwhile, and the password is shown only here.
  let hint = app.firstOwner && signInHint(app.firstOwner, config);
  exitOnUncaughtError(app);
  watch(app, config);
  const server = createNodeServer(app, {
    maxConnections: config.maxConnections,
    onRefused: createRefusalLog(app, config),
  });
  try {
    const metrics = await serveMetrics(app, config);
    const port = await listen(server, config.host, config.port, LISTEN);
    const stop = stopSignal();
    const url = originOf(config, port);
    print(welcome(config, url));
    if (hint) print(framed([hint, `Console: ${url}`]));
    hint = null;
    await stop;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    app.logger.info('stopping');
    await server.drain(DRAIN_MS);
    metrics?.close();
  } finally {
    if (hint) print(hint);
    await app.close();
  }
}
