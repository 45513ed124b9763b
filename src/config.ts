import { existsSync } from 'node:fs';
import {
  byRule,
  databaseUrl,
  host,
  integer,
  oneOf,
  onOff,
  optional,
  origin,
  origins,
  secretPrefix,
  unless,
} from './config-parsers.ts';
import { DAY, formatDuration, parseDuration } from './domain/duration.ts';
import { DEFAULT_LIMITS, type Limits } from './domain/limits.ts';
import { PAYLOAD_BYTES } from './domain/message.ts';
import { parseEmail, parsePassword } from './domain/text.ts';
import { NEW_ACCOUNTS, type NewAccounts } from './domain/user.ts';
import { LOG_LEVELS, type LogLevel } from './platform/logger.ts';

/** What a start is configured with. */
export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly databaseUrl: string;
  /** The origin that people reach the server at; `null` where it is the one of each request. */
  readonly publicUrl: string | null;
  /** The first owner's email; `null` where it was left out. */
  readonly ownerEmail: string | null;
  readonly ownerPassword: string | null;
  readonly newAccounts: NewAccounts;
  readonly allowedOrigins: readonly string[];
  /** How many proxies stand in front, each of which appends to `X-Forwarded-For`. */
  readonly trustProxy: number;
  readonly maxConnections: number;
  readonly graphiql: boolean;
  readonly logLevel: LogLevel;
  /** 0 is off. */
  readonly refusalsPerMinute: number;
  /** 0 is off. */
  readonly anonymousPerMinute: number;
  /** 0 is off. */
  readonly requestsPerMinute: number;
  readonly secretPrefix: string;
  readonly metricsHost: string;
  /** 0 lets the system choose; `null` is off. */
  readonly metricsPort: number | null;
  /** 0 is off. */
  readonly watchdogSeconds: number;
  readonly limits: Limits;
}

/** Says in one line which variables are wrong and how. Never repeats a value. */
export class ConfigError extends Error {}

/** One environment variable: `parse` gets its text, or the default, and throws what is wrong with it. */
interface Variable<T> {
  readonly name: string;
  /** What an absent or empty variable stands for; the empty string where that is nothing at all. */
  readonly default: string;
  readonly about: string;
  readonly parse: (text: string) => T;
}

function variable<T>(
  name: string,
  fallback: string | number,
  parse: (text: string) => T,
  about: string,
): Variable<T> {
  return { name, default: String(fallback), about, parse };
}

const count = integer(1, 1_000_000);
const duration = byRule(parseDuration);

const SETTINGS = {
  host: variable('HOST', '127.0.0.1', host, 'The address to listen on; 0.0.0.0 for every network.'),
  port: variable('PORT', 4000, integer(0, 65_535), 'The port to listen on; 0 takes a free one.'),
  databaseUrl: variable(
    'DATABASE_URL',
    'file:./data/postern.db',
    databaseUrl,
    'What holds everything: an SQLite file, or a PostgreSQL database as postgres://user:password@host/database.',
  ),
  publicUrl: variable(
    'POSTERN_PUBLIC_URL',
    '',
    optional(origin),
    'The origin that browsers reach Postern at, such as https://postern.example; with https, the cookie is Secure and bound to it.',
  ),
  ownerEmail: variable(
    'POSTERN_OWNER_EMAIL',
    '',
    optional(byRule(parseEmail)),
    'The first owner, created where there is no user yet; empty: owner@localhost.',
  ),
  ownerPassword: variable(
    'POSTERN_OWNER_PASSWORD',
    '',
    optional(byRule(parsePassword)),
    "The first owner's password; empty: a random one, printed once.",
  ),
  newAccounts: variable(
    'POSTERN_NEW_ACCOUNTS',
    'invitation',
    oneOf(...NEW_ACCOUNTS),
    'Who may create accounts: invitation (whoever accepts one, with an unverified email), or operator.',
  ),
  allowedOrigins: variable(
    'POSTERN_ALLOWED_ORIGINS',
    '',
    origins,
    'Origins whose pages may call the API from a browser, separated by commas; empty: none but its own.',
  ),
  trustProxy: variable(
    'POSTERN_TRUST_PROXY',
    0,
    integer(0, 10),
    'How many proxies stand in front and append to X-Forwarded-For; 0: that header is not believed.',
  ),
  maxConnections: variable(
    'POSTERN_MAX_CONNECTIONS',
    10_000,
    count,
    'Open connections a process, streams included; further ones are closed as soon as they are opened.',
  ),
  graphiql: variable('POSTERN_GRAPHIQL', 'on', onOff, 'GraphiQL at /graphql for browsers: on or off.'),
  logLevel: variable(
    'POSTERN_LOG_LEVEL',
    'info',
    oneOf(...LOG_LEVELS),
    `The least that is logged: ${LOG_LEVELS.join(', ')}.`,
  ),
  refusalsPerMinute: variable(
    'POSTERN_REFUSALS_PER_MINUTE',
    1000,
    integer(0, 1_000_000),
    'Refused credentials that one address may send in a minute, before the next ones get 429; 0: no limit.',
  ),
  anonymousPerMinute: variable(
    'POSTERN_ANONYMOUS_PER_MINUTE',
    1000,
    integer(0, 1_000_000),
    'Requests without a credential that one address may make in a minute; 0: no limit.',
  ),
  requestsPerMinute: variable(
    'POSTERN_REQUESTS_PER_MINUTE',
    0,
    integer(0, 1_000_000),
    'Requests that one credential may make in a minute; 0: no limit.',
  ),
  secretPrefix: variable(
    'POSTERN_SECRET_PREFIX',
    '',
    secretPrefix,
    'What stands in front of every new secret, such as acme_.',
  ),
  metricsHost: variable('POSTERN_METRICS_HOST', '127.0.0.1', host, 'The address to serve metrics on.'),
  metricsPort: variable(
    'POSTERN_METRICS_PORT',
    '',
    optional(integer(0, 65_535)),
    'The port to serve metrics on, at /metrics, to whoever reaches it; empty: nowhere.',
  ),
  watchdogSeconds: variable(
    'POSTERN_WATCHDOG_SECONDS',
    30,
    integer(0, 3600),
    'After how many seconds of standing still the process ends itself (SIGALRM); 0: never.',
  ),
} as const;

const LIMITS = {
  messagesKept: variable(
    'POSTERN_MESSAGES_KEPT',
    DEFAULT_LIMITS.messagesKept,
    count,
    'Messages kept a channel; the oldest make room.',
  ),
  messageBytesKept: variable(
    'POSTERN_MESSAGE_BYTES_KEPT',
    DEFAULT_LIMITS.messageBytesKept,
    integer(PAYLOAD_BYTES, 999_999_999),
    'Bytes of the payloads kept a channel; the oldest messages make room.',
  ),
  workspacesPerUser: variable(
    'POSTERN_WORKSPACES_PER_USER',
    DEFAULT_LIMITS.workspacesPerUser,
    count,
    'Workspaces that a user may create.',
  ),
  channelsPerWorkspace: variable(
    'POSTERN_CHANNELS_PER_WORKSPACE',
    DEFAULT_LIMITS.channelsPerWorkspace,
    count,
    'Channels a workspace.',
  ),
  sharesPerChannel: variable(
    'POSTERN_SHARES_PER_CHANNEL',
    DEFAULT_LIMITS.sharesPerChannel,
    count,
    'Shares a channel.',
  ),
  tokensPerUser: variable(
    'POSTERN_TOKENS_PER_USER',
    DEFAULT_LIMITS.tokensPerUser,
    count,
    'Personal tokens a user.',
  ),
  tokensPerWorkspace: variable(
    'POSTERN_TOKENS_PER_WORKSPACE',
    DEFAULT_LIMITS.tokensPerWorkspace,
    count,
    'Workspace tokens a workspace.',
  ),
  scopesPerToken: variable(
    'POSTERN_SCOPES_PER_TOKEN',
    DEFAULT_LIMITS.scopesPerToken,
    count,
    'Scopes a token.',
  ),
  streamsPerCredential: variable(
    'POSTERN_STREAMS_PER_CREDENTIAL',
    DEFAULT_LIMITS.streamsPerCredential,
    count,
    'Open subscriptions a credential.',
  ),
  personalTokenLifetime: variable(
    'POSTERN_TOKEN_MAX_LIFETIME',
    formatDuration(DEFAULT_LIMITS.personalTokenLifetime),
    duration,
    'The longest that a personal token may live, as an ISO 8601 duration.',
  ),
  sessionLifetime: variable(
    'POSTERN_SESSION_LIFETIME',
    formatDuration(DEFAULT_LIMITS.sessionLifetime),
    duration,
    'How long a sign-in lasts, as an ISO 8601 duration.',
  ),
  auditRetention: variable(
    'POSTERN_AUDIT_RETENTION',
    formatDuration(400 * DAY),
    unless('forever', duration),
    'How long the audit log keeps a row, as an ISO 8601 duration, or forever.',
  ),
} as const;

type Environment = Readonly<Record<string, string | undefined>>;
type Table = Readonly<Record<string, Variable<unknown>>>;
type Values<T extends Table> = { readonly [K in keyof T]: ReturnType<T[K]['parse']> };

/** The name, default and meaning of every variable, in the order that people meet them. */
export const ENVIRONMENT: readonly Omit<Variable<unknown>, 'parse'>[] = Object.freeze(
  [SETTINGS, LIMITS].flatMap((table: Table) => Object.values(table)),
);

/** Parses every variable of a table; what is wrong with each goes to `problems`. */
function readTable<T extends Table>(table: T, env: Environment, problems: string[]): Values<T> {
  const values: Record<string, unknown> = {};
  for (const [key, { name, default: fallback, parse }] of Object.entries(table)) {
    try {
      values[key] = parse(env[name] || fallback);
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : 'is wrong'}`);
    }
  }
  return values as Values<T>;
}

/**
 * The configuration that an environment spells, defaults filled in; an empty variable counts as absent.
 * Throws a `ConfigError` that names every unknown, malformed or contradictory variable.
 */
export function readConfig(env: Environment): Config {
  const known = new Set(ENVIRONMENT.map(({ name }) => name));
  const unknown = Object.keys(env).filter((name) => name.startsWith('POSTERN_') && !known.has(name));
  const problems = unknown.map((name) => `${name} is not a variable of Postern`);
  const settings = readTable(SETTINGS, env, problems);
  const limits = readTable(LIMITS, env, problems);
  if (settings.ownerPassword && settings.ownerEmail === null) {
    problems.push('POSTERN_OWNER_PASSWORD needs POSTERN_OWNER_EMAIL: whose password is it?');
  }
  if (problems.length > 0) throw new ConfigError(problems.join('; '));
  return { ...settings, limits: { ...DEFAULT_LIMITS, ...limits } };
}

/** The process's environment, filled up from the file `.env` of the working directory where there is one. */
export function loadEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
