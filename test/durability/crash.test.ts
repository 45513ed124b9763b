import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { runCrashes } from './crash.ts';
import { canForget } from './disk.ts';
import { buildServer } from './server-process.ts';

/** Side by side: each is one process after the other. */
const OPTIONS = { concurrent: true, timeout: 600_000 };
const NORMAL = fileURLToPath(new URL('./synchronous-normal.mjs', import.meta.url));

// Where a compiler must be there, its absence is to be seen as a failure and not as a line among others.
const leftOut = !canForget() && process.env.CI === undefined;
if (leftOut)
  console.warn('Left out: crashes of a disk that forgets. They take Linux and a C compiler (gcc).');

let main: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-build-'));
  main = await buildServer(folder);
  return () => rmSync(folder, { recursive: true, force: true });
});

test(
  'a server that is killed under load, twenty times, has kept all that it acknowledged',
  OPTIONS,
  async () => {
    const { acknowledged, compared, violations } = await runCrashes({
      main,
      rounds: 20,
      seed: 7,
      disk: 'kept',
    });
    expect(violations).toEqual([]);
    expect(acknowledged).toBeGreaterThan(300);
    expect(compared).toBeGreaterThan(300);
  },
);

test.skipIf(leftOut)(
  'where the power goes, and with it all that was not synced, nothing acknowledged is lost either',
  OPTIONS,
  async () => {
    const { acknowledged, violations } = await runCrashes({ main, rounds: 5, seed: 8, disk: 'forgetful' });
    expect(violations).toEqual([]);
    expect(acknowledged).toBeGreaterThan(100);
  },
);

test.skipIf(leftOut)(
  'this proof can fail: with synchronous=NORMAL it finds what is lost',
  OPTIONS,
  async () => {
    const nodeArguments = ['--import', NORMAL];
    const { violations } = await runCrashes({ main, rounds: 1, seed: 9, disk: 'forgetful', nodeArguments });
    expect(violations.length).toBeGreaterThan(0);
  },
);
