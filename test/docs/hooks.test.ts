import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { startWire, type TestWire } from '../support/http.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/hooks.md'), 'utf8');

let wire: TestWire;

beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** Writes the files of the page into a project with the packages that the page installs. */
function followRecipe(): string {
  const folder = temporaryFolder();
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [, name = '', text = ''] of PAGE.matchAll(/^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Runs a command of the project. Resolves to its output and whether it succeeded. */
async function run(folder: string, command: string, env: Record<string, string> = {}) {
  const bin = join(folder, 'node_modules/.bin', command);
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...env } };
  return promisify(execFile)(bin, [], options).then(
    ({ stdout }) => ({ ok: true, printed: stdout }),
    (error: { stdout: string; stderr: string }) => ({ ok: false, printed: error.stdout + error.stderr }),
  );
}

test('the steps of the page generate hooks that compile, from the schema of a running server', async () => {
  const folder = followRecipe();
  expect(await run(folder, 'graphql-codegen', { POSTERN_URL: wire.origin })).toMatchObject({ ok: true });
  const generated = readFileSync(join(folder, 'src/generated.ts'), 'utf8');
  expect(generated).toContain('export function useTokensQuery(');
  expect(generated).toContain('export function useCreateTokenMutation(');
  expect(await run(folder, 'tsc')).toEqual({ ok: true, printed: '' });
  // A component that uses a field that its query does not contain does not compile.
  const page = readFileSync(join(folder, 'src/tokens.tsx'), 'utf8');
  writeFileSync(join(folder, 'src/tokens.tsx'), page.replace('token.status', 'token.secret'));
  const { ok, printed } = await run(folder, 'tsc');
  expect(ok).toBe(false);
  expect(printed).toContain("Property 'secret' does not exist");
});
