import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { failure } from './failure.ts';
import { parseOrigin } from './origin.ts';

/** A secret and the only origin that it is sent to. */
export interface Credential {
  readonly origin: string;
  readonly secret: string;
}

/** The stored credentials, one for each origin; `current` is the origin of the last login. */
interface Stored {
  readonly current: string | null;
  readonly secrets: Readonly<Record<string, string>>;
}

const NOTHING: Stored = { current: null, secrets: {} };
const OWNER_ONLY = 0o600;

/** Returns the folder of what `pat` stores. */
export function configFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'postern');
}

const fileOf = (env: NodeJS.ProcessEnv) => join(configFolder(env), 'credentials.json');

function isStored(value: unknown): value is Stored {
  return (
    typeof value === 'object' && value !== null && 'secrets' in value && typeof value.secrets === 'object'
  );
}

/** Reads the stored credentials. Refuses a file that is a link, or that other users can read. */
function readStored(env: NodeJS.ProcessEnv): Stored {
  const file = fileOf(env);
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING;
    throw failure('usage', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  try {
    if (process.platform !== 'win32' && (fstatSync(descriptor).mode & 0o077) !== 0) {
      throw failure('usage', `Other users can read ${file}. Run: chmod 600 ${file}`);
    }
    const value: unknown = JSON.parse(readFileSync(descriptor, 'utf8'));
    if (isStored(value)) return value;
    throw failure('usage', `${file} is not a file of pat. Remove it and log in again.`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw failure('usage', `${file} is damaged. Remove it and log in again.`);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a file that only its owner can read, as a whole or not at all. */
export function writePrivately(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(temporary, flags, OWNER_ONLY);
  try {
    writeSync(descriptor, text);
    closeSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

function store(env: NodeJS.ProcessEnv, stored: Stored): void {
  writePrivately(fileOf(env), `${JSON.stringify(stored, null, 2)}\n`);
}

/** Stores the credential of an origin, which becomes the current one. */
export function saveCredential(env: NodeJS.ProcessEnv, { origin, secret }: Credential): void {
  const { secrets } = readStored(env);
  store(env, { current: origin, secrets: { ...secrets, [origin]: secret } });
}

/** Removes the credential of an origin. */
export function removeCredential(env: NodeJS.ProcessEnv, origin: string): void {
  const { current, secrets } = readStored(env);
  const { [origin]: _, ...rest } = secrets;
  const next = current === origin ? (Object.keys(rest)[0] ?? null) : current;
  store(env, { current: next, secrets: rest });
}

/** Returns the origin that a command is for: the option, `POSTERN_URL`, or the last login; `null` if there is none. */
export function chooseOrigin(env: NodeJS.ProcessEnv, option: string | undefined): string | null {
  const named = option ?? env.POSTERN_URL;
  return named ? parseOrigin(named) : readStored(env).current;
}

/**
 * Returns the credential for a command. `POSTERN_TOKEN` belongs to the origin in `POSTERN_URL` and is sent nowhere else.
 * Throws a failure of usage.
 */
export function findCredential(env: NodeJS.ProcessEnv, option: string | undefined): Credential {
  if (env.POSTERN_TOKEN) {
    if (!env.POSTERN_URL) {
      throw failure('usage', 'POSTERN_TOKEN needs POSTERN_URL, the server that it belongs to.');
    }
    const origin = parseOrigin(env.POSTERN_URL);
    if (option !== undefined && parseOrigin(option) !== origin) {
      throw failure('usage', 'POSTERN_TOKEN belongs to POSTERN_URL, not to the server of --server.');
    }
    return { origin, secret: env.POSTERN_TOKEN };
  }
  const origin = chooseOrigin(env, option);
  if (origin === null) throw failure('usage', 'Log in first: pat login https://postern.example');
  const secret = readStored(env).secrets[origin];
  if (secret === undefined)
    throw failure('usage', `You are not logged in to ${origin}. Run: pat login ${origin}`);
  return { origin, secret };
}
