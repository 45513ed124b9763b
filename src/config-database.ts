// The URL of a database, as the variable DATABASE_URL or a command contains it.

import type { Environment } from './config-environment.ts';

const POSTGRES = /^postgres(?:ql)?:\/\//;

const EXAMPLES = 'must be a URL such as file:./data/postern.db or postgres://user@host/database';

/** A percent sign that begins no escape. */
const WRONG_ESCAPE = /%(?![0-9a-f]{2})/i;

const IN_MEMORY = 'file::memory:';

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The parameters of libpq that pg understands. It ignores others, which would change the connection without a word. */
const PARAMETERS = [
  'application_name',
  'host',
  'options',
  'password',
  'port',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'user',
];

const PORT = /^(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/;

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** What is wrong with how a connection is encrypted; `null` if nothing is. libpq refuses the same. */
function problemOfTls(parameters: URLSearchParams): string | null {
  const mode = parameters.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    return `has an sslmode other than ${SSL_MODES.join(', ')}: prefer and allow would let the network decide whether the connection is encrypted`;
  }
  if (mode === 'verify-ca' && !parameters.has('sslrootcert')) {
    return 'has sslmode=verify-ca without sslrootcert: name the certificate of the authority, or use verify-full';
  }
  if (mode === null && ['sslrootcert', 'sslcert', 'sslkey'].some((name) => parameters.has(name))) {
    return 'has a certificate without sslmode: add sslmode=verify-full';
  }
  if (parameters.get('sslrootcert') === 'system' && mode !== 'verify-full') {
    return 'has sslrootcert=system, which only sslmode=verify-full checks';
  }
  const negotiation = parameters.get('sslnegotiation') ?? 'postgres';
  if (!['postgres', 'direct'].includes(negotiation))
    return 'has an sslnegotiation other than postgres, direct';
  if (negotiation === 'direct' && (mode ?? 'disable') === 'disable') {
    return 'has sslnegotiation=direct without encryption: add sslmode=verify-full';
  }
  return null;
}

/** Returns what is wrong with the parameters of a PostgreSQL URL; `null` if nothing is. */
function problemOfParameters(parameters: URLSearchParams): string | null {
  const names = [...parameters.keys()];
  const unknown = names.some((name) => !PARAMETERS.includes(name));
  if (unknown) return `has an unknown parameter; known ones are ${PARAMETERS.join(', ')}`;
  if (new Set(names).size < names.length) return 'has a parameter twice';
  // pg would wait for ever.
  if (!PORT.test(parameters.get('port') ?? '5432')) return 'has a port that is not a number from 1 to 65535';
  return problemOfTls(parameters);
}

/** The parameters that libpq also reads from the environment. pg reads only some of these variables, and in another way. */
const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];

/** Returns what a PostgreSQL URL lacks because a variable of libpq was meant to say it; `null` if nothing. */
function overlookedTls(url: string, env: Environment): string | null {
  const { searchParams } = new URL(url);
  const name = TLS_PARAMETERS.find(
    (parameter) => env[`PG${parameter.toUpperCase()}`] && !searchParams.has(parameter),
  );
  return name === undefined
    ? null
    : `has no ${name}, and PG${name.toUpperCase()} is not read: add it to the URL`;
}

/**
 * Returns a URL that leaves the host to its parameters, such as `postgres://user@/database?host=/run/postgresql`, with the usual
 * host, because the WHATWG parser does not take it otherwise. The parameter has precedence. Other URLs are unchanged.
 */
export function withHost(url: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=\/)/, '$1localhost');
}

/** Returns what is wrong with the URL of a PostgreSQL database; `null` if nothing is. */
function problemOfPostgres(given: string, env: Environment): string | null {
  const url = withHost(given);
  if (WRONG_ESCAPE.test(url) || !decodes(url)) {
    return 'contains a % that is not followed by the code of a character: write %25 for %';
  }
  if (URL.canParse(url)) return problemOfParameters(new URL(url).searchParams) ?? overlookedTls(url, env);
  return 'is not a valid URL: percent-encode special characters of the password (%2F for /, %23 for #, %3F for ?), or put it in PGPASSWORD';
}

/** Returns what is wrong with the URL of an SQLite file; `null` if nothing is. It would name another file than was meant. */
function problemOfFile(url: string): string | null {
  const path = url.slice('file:'.length);
  if (/[?#]/.test(path)) return 'has a ? or #: the URL of a file has no parameters, so leave them out';
  if (/^\/*~|\$/.test(path))
    return 'has ~ at its beginning or $, which only a shell expands: write the whole path';
  if (path.includes('\\')) return 'has a backslash: write / between the folders';
  if (/^\/\/(?!\/)/.test(path)) {
    return 'has two slashes, after which a host name follows: write file:data/postern.db for a relative path and file:///data/postern.db for an absolute one';
  }
  if (path.startsWith('///') ? WRONG_ESCAPE.test(path) || /%2f/i.test(path) : path.includes('%')) {
    return 'has a % in the path: escapes are read only after file:///, and / has none';
  }
  if (path.trim() !== path || /^["']/.test(path)) return 'has a space or a quotation mark around the path';
  if (path === '' || /(?:^|\/)\.{0,2}$/.test(path)) return 'names a folder: add the name of the file';
  return null;
}

/**
 * Returns what is wrong with the URL of a database in an environment, to follow its name in a sentence; `null` if nothing is.
 * Never repeats the URL, which can contain a password.
 */
export function databaseUrlProblem(url: string, env: Environment): string | null {
  if (POSTGRES.test(url)) return problemOfPostgres(url, env);
  if (url === IN_MEMORY) return null;
  return url.startsWith('file:') ? problemOfFile(url) : EXAMPLES;
}
