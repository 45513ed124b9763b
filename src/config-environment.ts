import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { OperatorError } from './platform/operator-error.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const FILE = '.env';
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

const ADDRESS = /^[0-9a-f.:]+$/i;
const PORT = /^\d+$/;
const URL_OF_PORT = /^(?:tcp|udp|sctp):\/\/\S+$/;

/**
 * The variables with which Kubernetes describes a Service named `postern`, or `postern-` and more, to each container of its
 * namespace: `POSTERN_SERVICE_HOST`, `POSTERN_PORT`, `POSTERN_METRICS_PORT_9464_TCP_ADDR`. The value must fit too, so that a
 * misspelt setting is still reported.
 */
const SERVICE_LINKS: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^POSTERN_(?:\w+_)?SERVICE_HOST$/, ADDRESS],
  [/^POSTERN_(?:\w+_)?SERVICE_PORT(?:_\w+)?$/, PORT],
  [/^POSTERN_(?:\w+_)?PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/, URL_OF_PORT],
  [/^POSTERN_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_PROTO$/, /^(?:tcp|udp|sctp)$/],
  [/^POSTERN_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_PORT$/, PORT],
  [/^POSTERN_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_ADDR$/, ADDRESS],
];

/** The variables of `pat` and of scripts that use a token. They can be set where a server or a command runs too. */
const OF_CLIENTS = ['POSTERN_TOKEN', 'POSTERN_URL'];

/** Returns an environment without the variables that begin like settings and are for clients or describe Services of Kubernetes. */
export function withoutForeign(env: Environment): Environment {
  const isForeign = ([name, text]: [string, string | undefined]) =>
    OF_CLIENTS.includes(name) ||
    SERVICE_LINKS.some(([names, values]) => names.test(name) && values.test(text ?? ''));
  return Object.fromEntries(Object.entries(env).filter((entry) => !isForeign(entry)));
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Docker creates a folder where the file of a bind mount is missing.
    throw new OperatorError(`${file} cannot be read: ${code === 'EISDIR' ? 'it is a folder' : code}.`);
  }
}

/** Returns the text of a file of variables. The decoder removes a byte order mark, which would become part of the first name. */
function readFile(file: string): string {
  const bytes = readBytes(file);
  try {
    if (!bytes.includes(0)) return UTF_8.decode(bytes);
  } catch {
    // Not UTF-8: the same error as for UTF-16.
  }
  throw new OperatorError(
    `${file} is not UTF-8. Save it as UTF-8; editors on Windows offer other encodings.`,
  );
}

/**
 * Returns the environment of the process, with variables from `.env` in the working directory if it exists. Libraries read
 * some of them too, such as `PGPASSWORD`, so they become variables of the process. Throws an `OperatorError` if the file cannot be
 * read or is not UTF-8.
 */
export function loadEnvironment(): Environment {
  const variables = existsSync(FILE) ? parseEnv(readFile(FILE)) : {};
  for (const [name, text] of Object.entries(variables)) process.env[name] ??= text;
  return process.env;
}
