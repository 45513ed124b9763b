// The URL of a database, as the variable DATABASE_URL or a command contains it.

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
  'client_encoding',
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

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** Returns what is wrong with the parameters of a PostgreSQL URL; `null` if nothing is. */
function problemOfParameters(parameters: URLSearchParams): string | null {
  const unknown = [...parameters.keys()].some((name) => !PARAMETERS.includes(name));
  if (unknown) return `has an unknown parameter; known ones are ${PARAMETERS.join(', ')}`;
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
  return null;
}

/** Returns what is wrong with the URL of a PostgreSQL database; `null` if nothing is. */
function problemOfPostgres(url: string): string | null {
  if (WRONG_ESCAPE.test(url) || !decodes(url)) {
    return 'contains a % that is not followed by the code of a character: write %25 for %';
  }
  if (URL.canParse(url)) return problemOfParameters(new URL(url).searchParams);
  return 'is not a valid URL: percent-encode special characters of the password (%2F for /, %23 for #, %3F for ?), or put it in PGPASSWORD';
}

/** Returns what is wrong with the URL of an SQLite file; `null` if nothing is. It would name another file than was meant. */
function problemOfFile(url: string): string | null {
  const path = url.slice('file:'.length);
  if (/[?#]/.test(path)) return 'has a ? or #: the URL of a file has no parameters, so leave them out';
  if (/^\/*[~$]/.test(path)) return 'begins with ~ or $, which only a shell expands: write the whole path';
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
 * Returns what is wrong with the URL of a database, to follow its name in a sentence; `null` if nothing is. Never repeats the
 * URL, which can contain a password.
 */
export function databaseUrlProblem(url: string): string | null {
  if (POSTGRES.test(url)) return problemOfPostgres(url);
  if (url === IN_MEMORY) return null;
  return url.startsWith('file:') ? problemOfFile(url) : EXAMPLES;
}
