import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that some tests run and that no npm package brings along. */
interface Program {
  readonly names: readonly string[];
  /** A path to try besides the folders of PATH. */
  readonly path?: string | undefined;
  readonly tests: string;
  /** How to install it. */
  readonly hint: string;
}

export const CHROMIUM: Program = {
  // The first renders the same without the windows of a desktop, which take most of the CPU time of the others.
  names: [
    'chromium-headless-shell',
    ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  ],
  path: process.env.CHROMIUM_PATH,
  tests: 'test/{web/**,examples/{oidc,react-app}.test.ts}',
  hint: 'apt-get install chromium-headless-shell, or set CHROMIUM_PATH',
};

export const NGINX: Program = {
  names: ['nginx'],
  // Debian installs it in a folder that only the administrator's PATH contains.
  path: '/usr/sbin/nginx',
  tests: 'test/docs/{nginx,git,pip,registry}.test.ts',
  hint: 'apt-get install nginx-light',
};

export const GIT: Program = {
  names: ['git'],
  tests: 'test/docs/git.test.ts',
  hint: 'apt-get install git',
};

export const CADDY: Program = {
  names: ['caddy'],
  tests: 'test/docs/caddy.test.ts',
  hint: 'apt-get install caddy',
};

export const PGBOUNCER: Program = {
  names: ['pgbouncer'],
  path: '/usr/sbin/pgbouncer',
  tests: 'test/postgres/pgbouncer.test.ts',
  hint: 'apt-get install pgbouncer',
};

const OPENSSL: Program = {
  names: ['openssl'],
  tests: 'test/postgres/{compose,pgbouncer}.test.ts',
  hint: 'apt-get install openssl',
};

const PYTHON: Program = {
  names: ['python3'],
  tests: 'test/examples/python.test.ts',
  hint: 'apt-get install python3',
};

export const PIP: Program = {
  names: ['pip3', 'pip'],
  tests: 'test/docs/pip.test.ts',
  hint: 'apt-get install python3-pip',
};

const CURL: Program = {
  names: ['curl'],
  tests: 'test/docs/{readme,git,registry}.test.ts',
  hint: 'apt-get install curl',
};

/** Returns the path of a program on this machine; `null` if it is missing. */
export function findProgram({ names, path }: Program): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [path, ...candidates].find((candidate) => candidate && existsSync(candidate)) ?? null;
}

/**
 * Returns the tests to skip because a program is missing, and reports each in a line. With `CI` set it skips nothing, so that
 * a missing program fails.
 */
export function testsWithoutProgram(): string[] {
  if (process.env.CI) return [];
  const missing = [CHROMIUM, NGINX, GIT, CADDY, PGBOUNCER, OPENSSL, PYTHON, PIP, CURL].filter(
    (program) => findProgram(program) === null,
  );
  for (const { names, tests, hint } of missing)
    console.warn(`Left out: ${tests}, for want of ${names[0]} (${hint}).`);
  return missing.map(({ tests }) => tests);
}
