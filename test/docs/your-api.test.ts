import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeBlocks } from '../support/docs.ts';
import { createProject, type Project } from '../support/example.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startMain } from '../support/main-process.ts';
import { openShell } from '../support/shell.ts';

const PAGE = 'your-api.md';

let project: Project;
beforeAll(() => {
  project = createProject();
});
afterAll(() => project.remove());

/** Returns the variables that the page starts the server with, as a shell parses them. */
function variablesOf(start: string): Record<string, string> {
  expect(start).toMatch(/ npm start\n$/);
  const printed = execFileSync('sh', ['-c', start.replace('npm start', 'env')], { encoding: 'utf8' });
  const found = printed.matchAll(/^(DATABASE_URL|POSTERN_OWNER_\w+)=(.*)$/gm);
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]));
}

test('the commands of docs/your-api.md guard its service with the keys of a customer', async () => {
  const [start = '', helpers = '', signIn = '', register = '', , serve = '', ...rest] = codeBlocks(
    PAGE,
    'sh',
  );
  const [backend = '', key = '', own = '', foreign = '', raise = '', end = ''] = rest;
  expect(rest).toHaveLength(6);
  const main = startMain(temporaryFolder(), variablesOf(start));
  const [, postern = ''] = await main.says(/Postern listens on (\S+)/);
  const shell = openShell(temporaryFolder());
  let api = '';
  const run = (commands: string) =>
    shell.run(commands.replaceAll('http://127.0.0.1:4000', postern).replaceAll('http://127.0.0.1:3000', api));
  /** Runs commands and returns the JSON that they print. */
  const ask = async (commands: string): Promise<any[]> =>
    (await run(commands.replaceAll(/^(curl.*)$/gm, '$1; echo')))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  await run(helpers);
  const workspaceId = (await run(signIn)).trim();
  expect(workspaceId).toMatch(/^wsp_[0-9a-f]{32}$/);
  expect((await ask(register))[0].data.registerEntityType.entityType.operations).toEqual([
    { name: 'READ', role: 'VIEWER' },
    { name: 'REFUND', role: 'TEAM_MEMBER' },
  ]);

  expect(serve).toBe('WORKSPACE=wsp_… node service.mjs\n');
  const [service = ''] = codeBlocks(PAGE, 'js');
  project.write('service.mjs', service);
  const environment = { POSTERN_URL: postern, WORKSPACE: workspaceId, PORT: '0' };
  const running = await project.run('service.mjs', environment);
  api = running.printed;

  await run(backend);
  await run(key);
  expect(await ask(own)).toEqual([
    { total: 1200, refunded: false, readBy: 'acme' },
    { total: 1200, refunded: true },
  ]);
  expect(await ask(foreign)).toEqual([
    { code: 'FORBIDDEN', reason: 'MISSING_SCOPE' },
    { code: 'BAD_REQUEST', reason: null },
  ]);
  const [, refused] = await ask(raise);
  expect(refused).toEqual({ code: 'FORBIDDEN', reason: 'ROLE_REQUIRED' });
  const [ended, after] = await ask(end);
  expect(ended.data.endSubject.revokedCount).toBe(1);
  expect(after).toEqual({ code: 'TOKEN_REVOKED', reason: null });
  await running.stop();
});

test('the page installs the package as docs/node-services.md does', () => {
  const [, , , , install = ''] = codeBlocks(PAGE, 'sh');
  const [, packed = ''] = /npm pack -w (\S+)/.exec(
    codeBlocks('node-services.md', 'sh')[0] as string,
  ) as RegExpExecArray;
  expect(install).toContain(`npm pack -w ${packed} --pack-destination`);
  const [tarball = ''] =
    /postern-verify-[\d.]+tgz/.exec(codeBlocks('node-services.md', 'sh')[0] as string) ?? [];
  expect(install).toContain(tarball);
});
