import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that some tests drive, and that no package of ours brings along. */
interface Program {
  readonly names: readonly string[];
  /** Where to find it, if not by its name. */
  readonly path?: string | undefined;
  readonly tests: string;
  /** How to get it. */
  readonly hint: string;
}

export const CHROMIUM: Program = {
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  path: process.env.CHROMIUM_PATH,
  tests: 'test/{web/**,examples/react-app.test.ts}',
  hint: 'apt-get install chromium, or set CHROMIUM_PATH',
};

export const NGINX: Program = {
  names: ['nginx'],
  // Debian keeps it where only the administrator's shell looks.
  path: '/usr/sbin/nginx',
  tests: 'test/docs/nginx.test.ts',
  hint: 'apt-get install nginx-light',
};

export const CADDY: Program = {
  names: ['caddy'],
  tests: 'test/docs/caddy.test.ts',
  hint: 'apt-get install caddy',
};

const CURL: Program = {
  names: ['curl'],
  tests: 'test/docs/readme.test.ts',
  hint: 'apt-get install curl',
};

/** The path of a program on this machine; `null` where it is missing. */
export function findProgram({ names, path }: Program): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [path, ...candidates].find((candidate) => candidate && existsSync(candidate)) ?? null;
}

/**
 * The tests to leave out because a program is missing, each told in a line. With `CI` set nothing is left out: there, a
 * missing program is to be seen as a failure.
 */
export function testsWithoutProgram(): string[] {
  if (process.env.CI) return [];
  const missing = [CHROMIUM, NGINX, CADDY, CURL].filter((program) => findProgram(program) === null);
  for (const { names, tests, hint } of missing)
    console.warn(`Left out: ${tests}, for want of ${names[0]} (${hint}).`);
  return missing.map(({ tests }) => tests);
}
