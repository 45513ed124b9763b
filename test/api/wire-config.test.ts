import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Config, ConfigError, ENVIRONMENT, readConfig } from '../../src/config.ts';
import { FEDERATION_ENVIRONMENT } from '../../src/config-federation.ts';
import { PROVIDER_ENVIRONMENT } from '../../src/config-providers.ts';
import { DEFAULT_LIMITS } from '../../src/domain/limits.ts';

function complaintAbout(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

test('an empty environment gives the defaults', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: 'file:./data/postern.db',
    publicUrl: null,
    ownerEmail: null,
    ownerPassword: null,
    allowedOrigins: [],
    credentialHeaders: [],
    trustProxy: 0,
    maxConnections: 10_000,
    graphiql: true,
    feedbackUrl: null,
    fastPath: true,
    logLevel: 'info',
    refusalsPerMinute: 1000,
    anonymousPerMinute: 1000,
    requestsPerMinute: 0,
    secretPrefix: '',
    foreignShapes: [],
    metricsHost: '127.0.0.1',
    metricsPort: null,
    watchdogSeconds: 30,
    newAccounts: 'invitation',
    passwordSignIn: 'on',
    providers: [],
    federation: { issuers: [], audiences: [] },
    limits: DEFAULT_LIMITS,
  } satisfies Config);
});

test('an empty variable counts as absent, and variables of other programs are ignored', () => {
  const empty = Object.fromEntries(ENVIRONMENT.map(({ name }) => [name, '']));
  expect(readConfig({ ...empty, PATH: '/bin', NODE_ENV: 'test' })).toEqual(readConfig({}));
});

test('every variable is read', () => {
  const config = readConfig({
    HOST: '::1',
    PORT: '0',
    DATABASE_URL: 'file:/var/lib/postern/postern.db',
    POSTERN_PUBLIC_URL: 'https://postern.example/',
    POSTERN_OWNER_EMAIL: 'Ada@Example.com',
    POSTERN_OWNER_PASSWORD: ' correct horse battery ',
    POSTERN_NEW_ACCOUNTS: 'operator',
    POSTERN_PASSWORDS: 'operator',
    POSTERN_ALLOWED_ORIGINS: 'https://app.example, http://localhost:5173',
    POSTERN_CREDENTIAL_HEADERS: 'X-API-Key, Private-Token,x-api-key',
    POSTERN_TRUST_PROXY: '2',
    POSTERN_MAX_CONNECTIONS: '500',
    POSTERN_GRAPHIQL: 'off',
    POSTERN_FEEDBACK_URL: 'mailto:team@example.com?subject="Postern"&body=Hello',
    POSTERN_FAST_PATH: 'off',
    POSTERN_LOG_LEVEL: 'warn',
    POSTERN_REFUSALS_PER_MINUTE: '0',
    POSTERN_ANONYMOUS_PER_MINUTE: '60',
    POSTERN_REQUESTS_PER_MINUTE: '600',
    POSTERN_FEDERATION: 'gitlab,k8s',
    POSTERN_FEDERATION_K8S_ISSUER: 'https://kubernetes.default.svc',
    POSTERN_FEDERATION_AUDIENCES: 'https://one.example, two',
    POSTERN_SECRET_PREFIX: 'acme_',
    POSTERN_FOREIGN_SHAPES: 'gitea:hex:40, unkey:base58:21-22:shop_',
    POSTERN_METRICS_HOST: '10.0.0.1',
    POSTERN_METRICS_PORT: '9464',
    POSTERN_WATCHDOG_SECONDS: '0',
    POSTERN_MESSAGES_KEPT: '500',
    POSTERN_MESSAGE_BYTES_KEPT: '65536',
    POSTERN_WORKSPACES_PER_USER: '3',
    POSTERN_CHANNELS_PER_WORKSPACE: '30',
    POSTERN_SHARES_PER_CHANNEL: '40',
    POSTERN_INVITATIONS_PER_WORKSPACE: '50',
    POSTERN_SESSIONS_PER_USER: '5',
    POSTERN_TOKENS_PER_USER: '7',
    POSTERN_TOKENS_PER_WORKSPACE: '70',
    POSTERN_SCOPES_PER_TOKEN: '8',
    POSTERN_STREAMS_PER_CREDENTIAL: '2',
    POSTERN_TOKEN_MAX_LIFETIME: 'P90D',
    POSTERN_SESSION_LIFETIME: 'PT12H',
    POSTERN_AUDIT_RETENTION: 'P7Y',
  });
  expect(config).toEqual({
    host: '::1',
    port: 0,
    databaseUrl: 'file:/var/lib/postern/postern.db',
    publicUrl: 'https://postern.example',
    ownerEmail: 'ada@example.com',
    ownerPassword: ' correct horse battery ',
    newAccounts: 'operator',
    passwordSignIn: 'operator',
    providers: [],
    federation: {
      issuers: [
        { id: 'gitlab', issuer: 'https://gitlab.com', keysFile: null },
        { id: 'k8s', issuer: 'https://kubernetes.default.svc', keysFile: null },
      ],
      audiences: ['https://one.example', 'two'],
    },
    allowedOrigins: ['https://app.example', 'http://localhost:5173'],
    credentialHeaders: ['x-api-key', 'private-token'],
    trustProxy: 2,
    maxConnections: 500,
    graphiql: false,
    feedbackUrl: 'mailto:team@example.com?subject=%22Postern%22&body=Hello',
    fastPath: false,
    logLevel: 'warn',
    refusalsPerMinute: 0,
    anonymousPerMinute: 60,
    requestsPerMinute: 600,
    secretPrefix: 'acme_',
    foreignShapes: [
      { name: 'gitea', alphabet: 'hex', shortest: 40, longest: 40, prefix: '' },
      { name: 'unkey', alphabet: 'base58', shortest: 21, longest: 22, prefix: 'shop_' },
    ],
    metricsHost: '10.0.0.1',
    metricsPort: 9464,
    watchdogSeconds: 0,
    limits: {
      ...DEFAULT_LIMITS,
      messagesKept: 500,
      messageBytesKept: 65536,
      workspacesPerUser: 3,
      channelsPerWorkspace: 30,
      invitationsPerWorkspace: 50,
      sessionsPerUser: 5,
      sharesPerChannel: 40,
      tokensPerUser: 7,
      tokensPerWorkspace: 70,
      scopesPerToken: 8,
      streamsPerCredential: 2,
      personalTokenLifetime: 90 * 86_400_000,
      sessionLifetime: 12 * 3_600_000,
      auditRetention: 7 * 365 * 86_400_000,
    },
  });
});

test('trusted proxies are a number or networks', () => {
  expect(readConfig({ POSTERN_TRUST_PROXY: '10.0.0.1, 2001:db8::/32' }).trustProxy).toEqual([
    '10.0.0.1/32',
    '2001:db8::/32',
  ]);
});

test('unlimited audit retention requires the word forever, and is not the default', () => {
  expect(readConfig({ POSTERN_AUDIT_RETENTION: 'forever' }).limits.auditRetention).toBeNull();
  expect(readConfig({}).limits.auditRetention).toBe(400 * 86_400_000);
});

describe('an invalid configuration is refused with the name of its variable', () => {
  test.each([
    ['HOST', 'local host'],
    ['HOST', '127.0.0.1:4000'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '4000x'],
    ['DATABASE_URL', './data/postern.db'],
    ['DATABASE_URL', 'mysql://localhost/postern'],
    ['POSTERN_PUBLIC_URL', 'postern.example'],
    ['POSTERN_PUBLIC_URL', 'https://postern.example/?a'],
    ['POSTERN_PUBLIC_URL', 'https://postern.example/path'],
    ['POSTERN_PUBLIC_URL', 'ftp://postern.example'],
    ['POSTERN_OWNER_EMAIL', 'ada'],
    ['POSTERN_ALLOWED_ORIGINS', '*'],
    ['POSTERN_ALLOWED_ORIGINS', 'https://app.example/path'],
    ['POSTERN_ALLOWED_ORIGINS', 'null'],
    ['POSTERN_TRUST_PROXY', 'yes'],
    ['POSTERN_CREDENTIAL_HEADERS', 'X API Key'],
    ['POSTERN_CREDENTIAL_HEADERS', 'X_API_Key'],
    ['POSTERN_FEEDBACK_URL', 'example.com/feedback'],
    ['POSTERN_FEEDBACK_URL', 'http://example.com/feedback'],
    ['POSTERN_FEEDBACK_URL', 'https://ada:secret@example.com/'],
    ['POSTERN_FEEDBACK_URL', 'mailto:example.com'],
    ['POSTERN_FEEDBACK_URL', 'javascript:alert(1)'],
    ['POSTERN_GRAPHIQL', 'maybe'],
    ['POSTERN_FAST_PATH', 'yes'],
    ['POSTERN_LOG_LEVEL', 'loud'],
    ['POSTERN_REFUSALS_PER_MINUTE', '1.5'],
    ['POSTERN_SECRET_PREFIX', 'acme'],
    ['POSTERN_TOKENS_PER_USER', '0'],
    ['POSTERN_TOKEN_MAX_LIFETIME', '366 days'],
    ['POSTERN_SESSION_LIFETIME', 'PT0S'],
    ['POSTERN_AUDIT_RETENTION', 'never'],
    ['POSTERN_UNHEARD_OF', 'on'],
  ])('%s=%s', (name, value) => {
    const complaint = complaintAbout({ [name]: value });
    expect(complaint).toMatch(new RegExp(`^${name} `));
    expect(complaint).not.toContain('\n');
  });

  test.each([
    ...['Authorization', 'content-md5', 'ORIGIN', 'Cookie', 'Host', 'Forwarded', 'X-Forwarded-User'],
    ...['X-Postern-User', 'Sec-Fetch-Site', 'Proxy-Authorization', 'Connection', 'X-API-Key, cookie'],
  ])('POSTERN_CREDENTIAL_HEADERS=%s, because the header has another meaning', (value) => {
    expect(complaintAbout({ POSTERN_CREDENTIAL_HEADERS: value })).toMatch(/^POSTERN_CREDENTIAL_HEADERS /);
  });

  test.each([
    ['postgres://ada:50%off@db.example/postern', 'write %25 for %'],
    ['postgres://ada:%E9t%E9@db.example/postern', 'write %25 for %'],
    ['postgres://ada:a/b@db.example/postern', 'percent-encode'],
    ['postgres://ada:a#b@db.example/postern', 'percent-encode'],
    ['postgres://ada:a?b@db.example/postern', 'percent-encode'],
    ['postgres://ada@db.example/postern?channel_binding=require', 'unknown parameter'],
    ['postgres://ada@db.example/postern?sslmode=prefer', 'prefer and allow'],
    ['postgres://ada@db.example/postern?sslmode=verify-ca', 'without sslrootcert'],
    ['postgres://ada@db.example/postern?sslrootcert=/ca.pem', 'without sslmode'],
    [
      'postgres://ada@db.example/postern?sslmode=require&sslrootcert=system',
      'only sslmode=verify-full checks',
    ],
    ['postgres://ada@db.example/postern?sslmode=verify-full&sslmode=disable', 'a parameter twice'],
    ['postgres://ada@db.example/postern?client_encoding=LATIN1', 'unknown parameter'],
    ['postgres://ada@db.example/postern?port=abc', 'a port that is not a number'],
    ['postgres://ada@db.example/postern?port=65536', 'a port that is not a number'],
    ['postgres://ada@db.example/postern?sslnegotiation=direct', 'without encryption'],
    ['postgres://ada@db.example/postern?sslnegotiation=direct&sslmode=disable', 'without encryption'],
    [
      'postgres://ada@db.example/postern?sslnegotiation=tls&sslmode=verify-full',
      'other than postgres, direct',
    ],
    ['file:./postern.db?mode=ro', 'has no parameters'],
    ['file:///var/lib/postern.db?cache=shared', 'has no parameters'],
    ['file:postern.db#main', 'has no parameters'],
    ['file:~/postern.db', 'only a shell expands'],
    ['file:///~/postern.db', 'only a shell expands'],
    ['file:$HOME/postern.db', 'only a shell expands'],
    ['file:/var/lib/$NAME/postern.db', 'only a shell expands'],
    ['file:C:\\data\\postern.db', 'a backslash'],
    ['file://data/postern.db', 'two slashes'],
    ['file://localhost/postern.db', 'two slashes'],
    ['file:my%20data/postern.db', 'escapes'],
    ['file:///data/50%.db', 'escapes'],
    ['file:///data%2Fpostern.db', 'escapes'],
    ['file: postern.db', 'a space'],
    ['file:"postern.db"', 'quotation mark'],
    ['file:', 'names a folder'],
    ['file:./data/', 'names a folder'],
    ['file:..', 'names a folder'],
  ])('DATABASE_URL=%s, with a hint', (value, hint) => {
    const complaint = complaintAbout({ DATABASE_URL: value });
    expect(complaint).toMatch(/^DATABASE_URL /);
    expect(complaint).toContain(hint);
    expect(complaint).not.toContain(value);
  });

  test('a socket can be the host of DATABASE_URL', () => {
    const { databaseUrl } = readConfig({
      DATABASE_URL: 'postgres://ada:a%40b@/postern?host=/run/postgresql',
    });
    expect(databaseUrl).toBe('postgres://ada:a%40b@localhost/postern?host=/run/postgresql');
  });

  test.each([
    ['PGSSLMODE', 'require', '', 'has no sslmode, and PGSSLMODE is not read'],
    ['PGSSLROOTCERT', '/ca.pem', '?sslmode=verify-full', 'has no sslrootcert, and PGSSLROOTCERT is not read'],
  ])(
    '%s without its parameter in DATABASE_URL, because it would have no effect',
    (name, value, query, hint) => {
      const url = `postgres://ada@db.example/postern${query}`;
      expect(complaintAbout({ DATABASE_URL: url, [name]: value })).toMatch(`DATABASE_URL ${hint}`);
      const parameter = name.slice(2).toLowerCase();
      const complete = `${url}${query ? '&' : '?'}${parameter}=${value}`;
      expect(readConfig({ DATABASE_URL: complete, [name]: value }).databaseUrl).toBe(complete);
      expect(complaintAbout({ [name]: value })).toBe('');
    },
  );

  test.each([
    ['hex', 'must be name:alphabet:length'],
    ['old:hex:40:a.b', 'must be name:alphabet:length'],
    ['old:base32:40', 'unknown alphabet'],
    ['old:hex:31', 'less than 128 bits'],
    ['old:base58:21', 'less than 128 bits'],
    ['old:hex:30-40', 'differ by at most 2'],
    ['old:hex:40-39', 'differ by at most 2'],
    ['old:hex:300', 'more than 256 characters'],
    ['old:base62:60:eyJ', 'JSON Web Tokens'],
    ['old:base62:49:pat_', 'of Postern itself'],
    ['old:base62:40:acme_ses_012345678', 'of Postern itself'],
    ['old:base64url:53', 'of Postern itself'],
    ['old:base64url:64', 'of Postern itself'],
    ['old:hex:40,old:hex:64', 'different names'],
  ])('POSTERN_FOREIGN_SHAPES=%s, with the reason', (value, reason) => {
    const complaint = complaintAbout({ POSTERN_FOREIGN_SHAPES: value });
    expect(complaint).toMatch(/^POSTERN_FOREIGN_SHAPES /);
    expect(complaint).toContain(reason);
  });

  test('a path in POSTERN_PUBLIC_URL, because Postern cannot run under one', () => {
    const complaint = complaintAbout({ POSTERN_PUBLIC_URL: 'https://intranet.example/postern/' });
    expect(complaint).toContain('POSTERN_PUBLIC_URL has a path');
    expect(complaint).toContain('a host name of its own');
  });

  test('contradicting variables are both named', () => {
    const complaint = complaintAbout({ POSTERN_OWNER_PASSWORD: 'correct horse battery' });
    expect(complaint).toContain('POSTERN_OWNER_PASSWORD');
    expect(complaint).toContain('POSTERN_OWNER_EMAIL');
  });

  test('all problems are reported together, without repeating values that can be secrets', () => {
    const complaint = complaintAbout({
      PORT: 'x',
      POSTERN_OWNER_EMAIL: 'a@b',
      POSTERN_OWNER_PASSWORD: 'swordfish',
    });
    expect(complaint).toMatch(/PORT .*POSTERN_OWNER_PASSWORD /);
    expect(complaint).not.toContain('swordfish');
  });
});

/** What Kubernetes sets in each container of a namespace with the Services `postern` and `postern-metrics`. */
const SERVICE_LINKS = {
  POSTERN_SERVICE_HOST: '10.96.0.17',
  POSTERN_SERVICE_PORT: '4000',
  POSTERN_SERVICE_PORT_HTTP: '4000',
  POSTERN_PORT: 'tcp://10.96.0.17:4000',
  POSTERN_PORT_4000_TCP: 'tcp://10.96.0.17:4000',
  POSTERN_PORT_4000_TCP_PROTO: 'tcp',
  POSTERN_PORT_4000_TCP_PORT: '4000',
  POSTERN_PORT_4000_TCP_ADDR: '10.96.0.17',
  POSTERN_METRICS_SERVICE_HOST: 'fd00::17',
  POSTERN_METRICS_SERVICE_PORT: '9464',
  POSTERN_METRICS_PORT: 'tcp://[fd00::17]:9464',
  POSTERN_METRICS_PORT_9464_TCP: 'tcp://[fd00::17]:9464',
  POSTERN_METRICS_PORT_9464_TCP_PROTO: 'tcp',
  POSTERN_METRICS_PORT_9464_TCP_PORT: '9464',
  POSTERN_METRICS_PORT_9464_TCP_ADDR: 'fd00::17',
};

test('variables with which Kubernetes describes a Service of this name are ignored, and misspelt settings are not', () => {
  expect(readConfig(SERVICE_LINKS)).toEqual(readConfig({}));
  expect(readConfig({ ...SERVICE_LINKS, POSTERN_METRICS_PORT: '9464' }).metricsPort).toBe(9464);
  for (const [name, value] of [
    ['POSTERN_PORT', '4000'],
    ['POSTERN_SERVICE_HOST', 'postern.example'],
    ['POSTERN_METRICS_PORT', 'udp'],
    ['POSTERN_PORT_4000_TCP', '4000'],
  ] as const) {
    expect(complaintAbout({ [name]: value })).toMatch(new RegExp(`^${name} `));
  }
});

test('the variables of clients are ignored', () => {
  const env = { POSTERN_TOKEN: 'pat_secret', POSTERN_URL: 'https://postern.example' };
  expect(readConfig(env)).toEqual(readConfig({}));
});

test('.env.example lists exactly the variables, with their descriptions and defaults', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const [, ...entries] = example.trimEnd().split('\n\n');
  expect(entries).toEqual([
    ...ENVIRONMENT.map((entry) => `# ${entry.about}\n${entry.name}=${entry.default}`),
    ...[...PROVIDER_ENVIRONMENT, ...FEDERATION_ENVIRONMENT].map(
      (entry) => `# ${entry.about}\n# ${entry.name}=`,
    ),
  ]);
});
