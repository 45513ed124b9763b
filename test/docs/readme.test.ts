import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { readmeBlocks } from '../support/docs.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startMain } from '../support/main-process.ts';
import { openShell } from '../support/shell.ts';

const ADDRESS = 'http://127.0.0.1:4000';
const OWNER = 'ada@example.com';

/** Returns the variables that the README starts the server with, as a shell parses them. */
function variablesOf(start: string): Record<string, string> {
  expect(start).toMatch(/ npm start\n$/);
  const printed = execFileSync('sh', ['-c', start.replace('npm start', 'env')], { encoding: 'utf8' });
  return Object.fromEntries(
    [...printed.matchAll(/^(DATABASE_URL|POSTERN_OWNER_\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  );
}

/** Starts a server without settings, as "Start" says, and stops it. It leaves its database in the folder. */
async function startOnce(folder: string): Promise<void> {
  const main = startMain(folder);
  await main.says(/Postern listens on/);
  main.signal('SIGTERM');
  expect((await main.end()).code).toBe(0);
}

/** Starts the server of the tour where an earlier start left its database, and opens a shell. */
async function beginTour(start: string) {
  const home = temporaryFolder();
  await startOnce(home);
  const main = startMain(home, variablesOf(start));
  const [, origin = ''] = await main.says(/Postern listens on (\S+)/);
  const folder = temporaryFolder();
  const shell = openShell(folder);
  const run = (commands: string) => shell.run(commands.replaceAll(ADDRESS, origin));
  return {
    run,
    /** Runs commands and returns the GraphQL responses that they print. */
    async ask(commands: string): Promise<any[]> {
      const lines = (await run(commands)).split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line));
    },
    /** Runs commands in the background; the function that it returns reads their output so far. */
    async follow(commands: string): Promise<() => string> {
      expect(await run(`{\n${commands}} > followed`)).toBe('');
      return () => readFileSync(join(folder, 'followed'), 'utf8');
    },
  };
}

/** Matches a response whose error has these extensions. */
function refused(extensions: object) {
  return expect.objectContaining({
    errors: [expect.objectContaining({ extensions: expect.objectContaining(extensions) })],
  });
}

const OUT_OF_SCOPE = { code: 'FORBIDDEN', reason: 'MISSING_SCOPE' };

test('the four mutations of the first screen are valid', () => {
  const [mutations = ''] = readmeBlocks('graphql', '', 'Start');
  expect(validate(schema, parse(mutations))).toEqual([]);
});

test('every command of the tour works in order, after the server ran once on its default database', async () => {
  const [start = '', ...blocks] = readmeBlocks('sh', 'Five minutes with curl', 'Deploy');
  expect(blocks).toHaveLength(11);
  const next = () => blocks.shift() as string;
  const { run, ask, follow } = await beginTour(start);

  const helpers = await run(next());
  expect(helpers).toBe('');

  const signedIn = await ask(next());
  const workspace = { id: expect.stringMatching(/^wsp_/), name: expect.any(String), viewerRole: 'OWNER' };
  expect(signedIn).toEqual([
    { data: { viewer: { user: { email: OWNER } }, workspaces: { nodes: [workspace] } } },
  ]);

  const [created] = await ask(next());
  expect(created.data.createToken).toEqual({
    secret: expect.stringMatching(/^pat_/),
    token: {
      id: expect.stringMatching(/^tok_/),
      identifier: expect.any(String),
      status: 'ACTIVE',
      expiresAt: expect.any(String),
    },
  });

  const used = await ask(next());
  const [{ name }] = signedIn[0].data.workspaces.nodes;
  const viewer = { kind: 'PERSONAL_TOKEN', token: { name: 'ci' } };
  expect(used).toEqual([{ data: { viewer, workspaces: { nodes: [{ name }] } } }]);

  const refusals = await ask(next());
  expect(refusals).toEqual([
    refused(OUT_OF_SCOPE),
    refused({ code: 'FORBIDDEN', reason: 'ROLE_GATED' }),
    { data: { viewer: { can: { allowed: false, reason: 'MISSING_SCOPE' } } } },
  ]);

  const regenerated = await ask(next());
  expect(regenerated).toEqual([
    refused({ code: 'INVALID_TOKEN' }),
    { data: { viewer: { kind: 'PERSONAL_TOKEN' } } },
  ]);

  const [revoked, afterwards, log] = await ask(next());
  expect(revoked).toEqual({ data: { revokeToken: { token: { status: 'REVOKED' } } } });
  expect(afterwards).toEqual(refused({ code: 'TOKEN_REVOKED' }));
  const actions = log.data.viewer.auditEvents.nodes.map(({ action }: { action: string }) => action);
  expect(actions.slice(0, 3)).toEqual(['token.revoked', 'token.regenerated', 'token.created']);

  const channel = await run(next());
  expect(channel).toBe('');
  const followed = await follow(next());
  // The first bytes show that the stream is open. It must deliver every later message.
  await expect.poll(followed).not.toBe('');
  const [published, elsewhere] = await ask(next());
  const { id } = published.data.publishMessage.message;
  await expect.poll(followed).toContain(`"id":"${id}","payload":{"build":42,"passed":true}`);
  expect(elsewhere).toEqual(refused(OUT_OF_SCOPE));

  const verified = await run(next());
  expect(verified).toMatch(/^HTTP\/1\.1 204 /);
  expect(verified).toMatch(/^x-postern-principal: PERSONAL_TOKEN\r$/m);
  expect(verified).toContain(`\nx-postern-email: ${OWNER}\r\n`);
});
