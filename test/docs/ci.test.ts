import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeBlocks } from '../support/docs.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { openShell } from '../support/shell.ts';

const PAT = resolve(import.meta.dirname, '../../packages/cli/dist/main.js');

let wire: TestWire;
beforeEach(async () => {
  wire = await startWire();
  wire.postern.advance(Date.now() - wire.postern.now());
});
afterEach(() => wire.stop());

/** A shell in which `pat` is installed. Its user is logged in, unless it is that of a CI job with a stored secret. */
async function openTerminal(secret?: string) {
  const folder = temporaryFolder();
  const shell = openShell(folder);
  const home = `HOME='${folder}' XDG_CONFIG_HOME='${folder}' POSTERN_URL=${wire.origin}`;
  await shell.run(`export ${home}${secret ? ` POSTERN_TOKEN=${secret}` : ''}`);
  await shell.run(`pat() { '${process.execPath}' '${PAT}' "$@"; }`);
  if (!secret) {
    const stored = { current: wire.origin, secrets: { [wire.origin]: wire.postern.owner.session } };
    mkdirSync(join(folder, 'postern'));
    writeFileSync(join(folder, 'postern', 'credentials.json'), JSON.stringify(stored), { mode: 0o600 });
  }
  return { run: shell.run, read: (name: string) => readFileSync(join(folder, name), 'utf8').trim() };
}

async function kindOf(secret: string): Promise<string> {
  const { data, code } = await wire.postern.post('{ viewer { token { name } } }', {}, secret);
  return code ?? data.viewer.token.name;
}

test('the commands for a stored token create it, use it and replace its secret', async () => {
  const [create = '', use = '', regenerate = ''] = codeBlocks('ci.md', 'sh');
  const mine = await openTerminal();
  await mine.run(create);
  const secret = mine.read('ci-token');
  expect(await (await openTerminal(secret)).run(use)).toBe('yes\n');
  await mine.run(regenerate);
  expect([await kindOf(secret), await kindOf(mine.read('ci-token'))]).toEqual(['ci', 'ci']);
});

test('the commands for a token of each job create one that has less, and delete it', async () => {
  const [, , , create = '', begin = '', end = ''] = codeBlocks('ci.md', 'sh');
  const mine = await openTerminal();
  await mine.run(create);
  const job = await openTerminal(mine.read('issuer-token'));
  await job.run(`CI_JOB_ID=42\n${begin}`);
  const secret = (await job.run('echo "$JOB_TOKEN"')).trim();
  expect(await kindOf(secret)).toBe('job 42');
  const can =
    '{ viewer { canAll(checks: [{ operation: PUBLISH, entityType: "channel" }, { operation: CREATE, entityType: "token" }]) { allowed } } }';
  const { data } = await wire.postern.post(can, {}, secret);
  expect(data.viewer.canAll).toEqual([{ allowed: true }, { allowed: false }]);
  await job.run(end);
  expect(await kindOf(secret)).toBe('INVALID_TOKEN');
});
