import { type Environment, withoutForeign } from './config-environment.ts';
import { federationVariables, readFederationSettings } from './config-federation.ts';
import {
  byRule,
  credentialHeaders,
  databaseUrl,
  feedbackUrl,
  foreignShapes,
  host,
  integer,
  oneOf,
  onOff,
  optional,
  origins,
  proxies,
  publicUrl,
  secretPrefix,
  unless,
} from './config-parsers.ts';
import { listed, providerNames, providerVariables, readProviders } from './config-providers.ts';
import type { IdentityProvider } from './domain/accounts/identity-provider.ts';
import { PASSWORD_SIGN_IN, type PasswordSignIn, parsePassword } from './domain/accounts/passwords.ts';
import { DAY, formatDuration, parseDuration } from './domain/duration.ts';
import type { FederationSettings } from './domain/federation/federation.ts';
import type { ForeignShape } from './domain/import/foreign-shapes.ts';
import { DEFAULT_LIMITS, type Limits } from './domain/limits.ts';
import { PAYLOAD_BYTES } from './domain/message.ts';
import { parseEmail } from './domain/text.ts';
import { NEW_ACCOUNTS, type NewAccounts } from './domain/user.ts';
import { LOG_LEVELS, type LogLevel } from './platform/logger.ts';

/** The configuration of a server. */
export interface Config {
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  readonly databaseUrl: string;
  /** The origin that browsers use; `null` to take it from each request. */
  readonly publicUrl: string | null;
  /** `null` if it is not set. */
  readonly ownerEmail: string | null;
  readonly ownerPassword: string | null;
  readonly newAccounts: NewAccounts;
  readonly passwordSignIn: PasswordSignIn;
  /** The identity providers that people sign in with, in the order of their buttons. */
  readonly providers: readonly IdentityProvider[];
  readonly federation: FederationSettings;
  readonly allowedOrigins: readonly string[];
  /** The headers besides `Authorization` that carry a secret, in lower case. */
  readonly credentialHeaders: readonly string[];
  /** The number of trusted proxies, each of which appends to `X-Forwarded-For`, or the CIDR blocks of their addresses. */
  readonly trustProxy: number | readonly string[];
  readonly maxConnections: number;
  readonly graphiql: boolean;
  /** The page or mailbox that the console's links for feedback lead to; `null` for no links. */
  readonly feedbackUrl: string | null;
  /** `false` sends every GraphQL request through Yoga. */
  readonly fastPath: boolean;
  readonly logLevel: LogLevel;
  /** 0 is off. */
  readonly refusalsPerMinute: number;
  /** 0 is off. */
  readonly anonymousPerMinute: number;
  /** 0 is off. */
  readonly requestsPerMinute: number;
  readonly secretPrefix: string;
  /** The shapes of secrets of other systems that can be imported. */
  readonly foreignShapes: readonly ForeignShape[];
  readonly metricsHost: string;
  /** 0 selects a free port; `null` is off. */
  readonly metricsPort: number | null;
  /** 0 is off. */
  readonly watchdogSeconds: number;
  readonly limits: Limits;
}

/** Names the invalid variables and what is wrong with them, in one line. Never repeats a value. */
export class ConfigError extends Error {}

/** One environment variable. `parse` takes its text, or the default, and the others; it throws an error that says what is wrong. */
interface Variable<T> {
  readonly name: string;
  /** The value of an absent or empty variable; the empty string if there is no default. */
  readonly default: string;
  readonly about: string;
  readonly parse: (text: string, env: Environment) => T;
}

function variable<T>(
  name: string,
  fallback: string | number,
  parse: (text: string, env: Environment) => T,
  about: string,
): Variable<T> {
  return { name, default: String(fallback), about, parse };
}

const count = integer(1, 1_000_000);
const duration = byRule(parseDuration);

const SETTINGS = {
  host: variable('HOST', '127.0.0.1', host, 'The address to listen on; 0.0.0.0 for all interfaces.'),
  port: variable('PORT', 4000, integer(0, 65_535), 'The port to listen on; 0 selects a free one.'),
  databaseUrl: variable(
    'DATABASE_URL',
    'file:./data/postern.db',
    databaseUrl,
    'The database: an SQLite file (file:path), or PostgreSQL (postgres://user:password@host/database).',
  ),
  publicUrl: variable(
    'POSTERN_PUBLIC_URL',
    '',
    optional(publicUrl),
    'The origin that browsers use, such as https://postern.example; with https, cookies are Secure and bound to its host.',
  ),
  ownerEmail: variable(
    'POSTERN_OWNER_EMAIL',
    '',
    optional(byRule(parseEmail)),
    'The email of the first owner, created if there are no users; empty: owner@localhost.',
  ),
  ownerPassword: variable(
    'POSTERN_OWNER_PASSWORD',
    '',
    optional(byRule(parsePassword)),
    "The first owner's password; empty: generated and printed once.",
  ),
  newAccounts: variable(
    'POSTERN_NEW_ACCOUNTS',
    'invitation',
    oneOf(...NEW_ACCOUNTS),
    'How accounts with a password are created: invitation (accepting one creates an account with an unverified email), or operator (postern user create only). The providers of POSTERN_OIDC have settings of their own.',
  ),
  passwordSignIn: variable(
    'POSTERN_PASSWORDS',
    'on',
    oneOf(...PASSWORD_SIGN_IN),
    'Who signs in with a password: on (all who have one), operator (the first owner and accounts of postern user create --local), or off (no one; requires POSTERN_OIDC).',
  ),
  providers: variable(
    'POSTERN_OIDC',
    '',
    providerNames,
    'Names of the OpenID providers that people sign in with, such as corp, separated by commas; requires POSTERN_PUBLIC_URL. Variables at the end of this file configure the provider corp.',
  ),
  federationIssuers: variable(
    'POSTERN_FEDERATION',
    '',
    providerNames,
    'Names of the issuers whose JWTs federations can accept, such as github,k8s, separated by commas; requires POSTERN_PUBLIC_URL. The last variables of this file configure the issuer k8s.',
  ),
  federationAudiences: variable(
    'POSTERN_FEDERATION_AUDIENCES',
    '',
    listed,
    'Audiences that federations can share in place of their own addresses, separated by commas.',
  ),
  allowedOrigins: variable(
    'POSTERN_ALLOWED_ORIGINS',
    '',
    origins,
    'Other origins whose pages are allowed to call the API from a browser, separated by commas.',
  ),
  credentialHeaders: variable(
    'POSTERN_CREDENTIAL_HEADERS',
    '',
    credentialHeaders,
    'Headers besides Authorization that carry a secret alone, such as X-API-Key, separated by commas. Let the proxy remove them from requests to your services.',
  ),
  trustProxy: variable(
    'POSTERN_TRUST_PROXY',
    0,
    proxies(10),
    'Number of trusted proxies, each of which appends to X-Forwarded-For, or their CIDR blocks, separated by commas; 0: the header is ignored.',
  ),
  maxConnections: variable(
    'POSTERN_MAX_CONNECTIONS',
    10_000,
    count,
    'Open connections per process, streams included; further connections are closed immediately.',
  ),
  graphiql: variable('POSTERN_GRAPHIQL', 'on', onOff, 'GraphiQL for browsers at /graphql: on or off.'),
  feedbackUrl: variable(
    'POSTERN_FEEDBACK_URL',
    '',
    optional(feedbackUrl),
    'The page (https:) or mailbox (mailto:) that "Send feedback" in the console leads to; empty: no such link.',
  ),
  fastPath: variable(
    'POSTERN_FAST_PATH',
    'on',
    onOff,
    'The fast path for GraphQL: on, or off to send every GraphQL request through Yoga and its plugins.',
  ),
  logLevel: variable(
    'POSTERN_LOG_LEVEL',
    'info',
    oneOf(...LOG_LEVELS),
    `Minimum log level: ${LOG_LEVELS.join(', ')}.`,
  ),
  refusalsPerMinute: variable(
    'POSTERN_REFUSALS_PER_MINUTE',
    1000,
    integer(0, 1_000_000),
    'Refused credentials per address and minute; further ones get 429; 0: no limit.',
  ),
  anonymousPerMinute: variable(
    'POSTERN_ANONYMOUS_PER_MINUTE',
    1000,
    integer(0, 1_000_000),
    'Requests without a credential per address and minute; 0: no limit.',
  ),
  requestsPerMinute: variable(
    'POSTERN_REQUESTS_PER_MINUTE',
    0,
    integer(0, 1_000_000),
    'Requests per credential and minute; 0: no limit.',
  ),
  secretPrefix: variable(
    'POSTERN_SECRET_PREFIX',
    '',
    secretPrefix,
    'The prefix of every new secret, such as acme_.',
  ),
  foreignShapes: variable(
    'POSTERN_FOREIGN_SHAPES',
    '',
    foreignShapes,
    'The shapes of imported secrets, as name:alphabet:length[:prefix], separated by commas; alphabets: hex, base58, base62, base64url, alnum.',
  ),
  metricsHost: variable('POSTERN_METRICS_HOST', '127.0.0.1', host, 'The address to serve metrics on.'),
  metricsPort: variable(
    'POSTERN_METRICS_PORT',
    '',
    optional(integer(0, 65_535)),
    'The port to serve metrics on, at /metrics, without authentication; empty: off.',
  ),
  watchdogSeconds: variable(
    'POSTERN_WATCHDOG_SECONDS',
    30,
    integer(0, 3600),
    'Seconds without progress after which the process ends itself with SIGALRM; 0: never.',
  ),
} as const;

const LIMITS = {
  messagesKept: variable(
    'POSTERN_MESSAGES_KEPT',
    DEFAULT_LIMITS.messagesKept,
    count,
    'Messages stored per channel; the oldest are deleted first.',
  ),
  messageBytesKept: variable(
    'POSTERN_MESSAGE_BYTES_KEPT',
    DEFAULT_LIMITS.messageBytesKept,
    integer(PAYLOAD_BYTES, 999_999_999),
    'Bytes of payloads stored per channel; the oldest messages are deleted first.',
  ),
  workspacesPerUser: variable(
    'POSTERN_WORKSPACES_PER_USER',
    DEFAULT_LIMITS.workspacesPerUser,
    count,
    'Workspaces created per user.',
  ),
  channelsPerWorkspace: variable(
    'POSTERN_CHANNELS_PER_WORKSPACE',
    DEFAULT_LIMITS.channelsPerWorkspace,
    count,
    'Channels per workspace.',
  ),
  sharesPerChannel: variable(
    'POSTERN_SHARES_PER_CHANNEL',
    DEFAULT_LIMITS.sharesPerChannel,
    count,
    'Shares per channel.',
  ),
  invitationsPerWorkspace: variable(
    'POSTERN_INVITATIONS_PER_WORKSPACE',
    DEFAULT_LIMITS.invitationsPerWorkspace,
    count,
    'Open invitations per workspace.',
  ),
  sessionsPerUser: variable(
    'POSTERN_SESSIONS_PER_USER',
    DEFAULT_LIMITS.sessionsPerUser,
    count,
    'Sessions per user; at one more, the oldest ends.',
  ),
  tokensPerUser: variable(
    'POSTERN_TOKENS_PER_USER',
    DEFAULT_LIMITS.tokensPerUser,
    count,
    'Personal tokens per user.',
  ),
  tokensPerWorkspace: variable(
    'POSTERN_TOKENS_PER_WORKSPACE',
    DEFAULT_LIMITS.tokensPerWorkspace,
    count,
    'Workspace tokens per workspace.',
  ),
  scopesPerToken: variable(
    'POSTERN_SCOPES_PER_TOKEN',
    DEFAULT_LIMITS.scopesPerToken,
    count,
    'Scopes per token.',
  ),
  streamsPerCredential: variable(
    'POSTERN_STREAMS_PER_CREDENTIAL',
    DEFAULT_LIMITS.streamsPerCredential,
    count,
    'Open subscriptions per credential.',
  ),
  personalTokenLifetime: variable(
    'POSTERN_TOKEN_MAX_LIFETIME',
    formatDuration(DEFAULT_LIMITS.personalTokenLifetime),
    duration,
    'Maximum lifetime of a personal token, as an ISO 8601 duration.',
  ),
  sessionLifetime: variable(
    'POSTERN_SESSION_LIFETIME',
    formatDuration(DEFAULT_LIMITS.sessionLifetime),
    duration,
    'Lifetime of a session, as an ISO 8601 duration.',
  ),
  sessionIdleTimeout: variable(
    'POSTERN_SESSION_IDLE_TIMEOUT',
    formatDuration(DAY),
    unless('never', duration),
    'How long a session stays valid without a use, as an ISO 8601 duration, or never to end no session for that.',
  ),
  auditRetention: variable(
    'POSTERN_AUDIT_RETENTION',
    formatDuration(400 * DAY),
    unless('forever', duration),
    'Retention of audit events, as an ISO 8601 duration, or forever.',
  ),
} as const;

type Table = Readonly<Record<string, Variable<unknown>>>;
type Values<T extends Table> = { readonly [K in keyof T]: ReturnType<T[K]['parse']> };

/** The name, default and description of every variable, in the order of `.env.example`. */
export const ENVIRONMENT: readonly Omit<Variable<unknown>, 'parse'>[] = Object.freeze(
  [SETTINGS, LIMITS].flatMap((table: Table) => Object.values(table)),
);

/** Parses every variable of a table and adds what is wrong to `problems`. */
function readTable<T extends Table>(table: T, env: Environment, problems: string[]): Values<T> {
  const values: Record<string, unknown> = {};
  for (const [key, { name, default: fallback, parse }] of Object.entries(table)) {
    try {
      values[key] = parse(env[name] || fallback, env);
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : 'is invalid'}`);
    }
  }
  return values as Values<T>;
}

/** Returns what is wrong with the first owner's password for this owner. */
function problemsOfOwner({
  ownerEmail,
  ownerPassword,
}: Pick<Config, 'ownerEmail' | 'ownerPassword'>): string[] {
  if (ownerEmail === null || !ownerPassword) return [];
  const owner = { email: ownerEmail, name: '' };
  try {
    byRule((text, path) => parsePassword(text, path, owner))(ownerPassword);
    return [];
  } catch (error) {
    return [`POSTERN_OWNER_PASSWORD ${error instanceof Error ? error.message : 'is invalid'}`];
  }
}

/**
 * Returns the configuration of an environment, with defaults; an empty variable counts as absent.
 * Throws a `ConfigError` that names every unknown, malformed or contradictory variable.
 */
export function readConfig(environment: Environment): Config {
  const env = withoutForeign(environment);
  const invalid: string[] = [];
  const settings = readTable(SETTINGS, env, invalid);
  const limits = readTable(LIMITS, env, invalid);
  const names = settings.providers ?? [];
  const issuers = settings.federationIssuers ?? [];
  const known = new Set([
    ...ENVIRONMENT.map(({ name }) => name),
    ...providerVariables(names),
    ...federationVariables(issuers),
  ]);
  const unknown = Object.keys(env).filter((name) => name.startsWith('POSTERN_') && !known.has(name));
  const problems = [...unknown.map((name) => `${name} is not a Postern setting`), ...invalid];
  const providers = readProviders(names, env, problems);
  if (names.length > 0 && settings.publicUrl === null) {
    problems.push('POSTERN_OIDC requires POSTERN_PUBLIC_URL, to which providers lead browsers back');
  }
  const { federationIssuers: _names, federationAudiences: audiences = [], ...others } = settings;
  const federation = readFederationSettings({ issuers, audiences, providers }, env, problems);
  if (issuers.length > 0 && settings.publicUrl === null) {
    problems.push('POSTERN_FEDERATION requires POSTERN_PUBLIC_URL, which is part of audiences');
  }
  if (names.length === 0 && settings.passwordSignIn === 'off') {
    problems.push('POSTERN_PASSWORDS=off requires POSTERN_OIDC, because no one could sign in');
  }
  if (settings.ownerPassword && settings.ownerEmail === null) {
    problems.push('POSTERN_OWNER_PASSWORD requires POSTERN_OWNER_EMAIL');
  }
  problems.push(...problemsOfOwner(settings));
  if (problems.length > 0) throw new ConfigError(problems.join('; '));
  return { ...others, providers, federation, limits: { ...DEFAULT_LIMITS, ...limits } };
}
