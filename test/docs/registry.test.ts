import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { startPublishedNginx } from '../support/nginx.ts';
import { declared } from '../support/operations.ts';
import { type Reached, startEcho } from '../support/proxied.ts';
import { createPersonalToken } from '../support/tokens.ts';

const run = promisify(execFile);
const DIGEST = `sha256:${'a'.repeat(64)}`;

let server: TestWire;
beforeEach(async () => {
  server = await startWire({ POSTERN_TRUST_PROXY: '1' });
  const { workspaceId, owner } = server.postern;
  const input = { workspaceId, name: 'image', operations: declared('READ', 'UPDATE', 'DELETE') };
  await mutate(server.postern, 'registerEntityType', input, owner.session, 'entityType { name }');
});
afterEach(() => server.stop());

/** A registry behind nginx, configured as documented. The registry responds with what it received. */
async function startRegistry() {
  const [, , configuration = ''] = codeBlocks('clients.md', 'nginx');
  const origin = await startPublishedNginx({ configuration, postern: server, service: await startEcho() });
  const folder = temporaryFolder();

  /** Sends a request as Docker does: without a credential, and with Basic if the response asks for it. */
  async function send(secret: string, path: string, method = 'GET') {
    const save = (...args: string[]) => [
      '-s',
      '--path-as-is',
      '-X',
      method,
      '-o',
      join(folder, 'body'),
      ...args,
    ];
    const format = ['-w', '%{http_code} %header{www-authenticate}', `${origin}${path}`];
    const asked = (await run('curl', save(...format))).stdout;
    expect(asked).toBe('401 Basic realm="postern"');
    // As a file, because other users of a machine can read arguments.
    const config = join(folder, 'config');
    writeFileSync(config, `user = "any:${secret}"\n`, { mode: 0o600 });
    const [status = '', ...challenge] = (await run('curl', ['-K', config, ...save(...format)])).stdout.split(
      ' ',
    );
    const { stdout } = await run('cat', [join(folder, 'body')]);
    const reached = status === '200' ? (JSON.parse(stdout) as Reached) : null;
    return { status: Number(status), challenge: challenge.join(' '), reached };
  }
  return { send };
}

function tokenFor(...operations: string[]) {
  const { workspaceId, owner } = server.postern;
  const scopes = [{ entityType: 'image', entityPattern: 'acme/*', workspaceId, operations }];
  return createPersonalToken(server.postern, owner.session, { access: 'SCOPED', scopes });
}

test('a client that answers the challenge signs in, pulls and pushes what its token allows', async () => {
  const { send } = await startRegistry();
  const reader = (await tokenFor('READ')).secret;
  const writer = (await tokenFor('READ', 'UPDATE')).secret;
  expect((await send(reader, '/v2/')).status).toBe(200);
  expect(await send('nonsense', '/v2/')).toMatchObject({
    status: 401,
    challenge: expect.stringContaining('Basic realm="postern"'),
  });
  const pull = await send(reader, '/v2/acme/app/manifests/latest');
  expect([pull.status, pull.reached?.url]).toEqual([200, '/v2/acme/app/manifests/latest']);
  expect(pull.reached?.headers.authorization).toBeUndefined();
  expect((await send(reader, '/v2/other/app/manifests/latest')).status).toBe(403);
  expect((await send(reader, '/v2/acme/app/manifests/latest', 'PUT')).status).toBe(403);
  expect((await send(writer, '/v2/acme/app/manifests/latest', 'PUT')).status).toBe(200);
  expect((await send(writer, '/v2/acme/app/manifests/latest', 'DELETE')).status).toBe(403);
  const upload = `/v2/acme/app/blobs/uploads/1?digest=${DIGEST}`;
  expect((await send(writer, upload, 'PUT')).reached?.url).toBe(upload);
});

test('a push to one repository cannot take a layer of another', async () => {
  const { send } = await startRegistry();
  const { secret } = await tokenFor('READ', 'UPDATE');
  const mount = `/v2/acme/app/blobs/uploads/?mount=${DIGEST}&from=other/app`;
  expect((await send(secret, mount, 'POST')).reached?.url).toBe('/v2/acme/app/blobs/uploads/');
  for (const up of ['..', '%2e%2e']) {
    const elsewhere = `/v2/acme/app/blobs/${up}/${up}/${up}/other/app/manifests/latest`;
    expect([up, (await send(secret, elsewhere)).status]).toEqual([up, 403]);
  }
});
