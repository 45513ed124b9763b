import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeBlocks } from '../support/docs.ts';
import { createProject, type Project } from '../support/example.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let server: TestWire;
let project: Project;
beforeAll(async () => {
  project = createProject();
  server = await startWire();
});
afterAll(async () => {
  await server.stop();
  project.remove();
});

test('the example with oauth4webapi introspects a token that it is given', async () => {
  const { postern } = server;
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  const service = await createWorkspaceToken(postern, 'VIEWER');
  const [example = ''] = codeBlocks('oauth.md', 'js');
  project.write('introspect.mjs', example.replace('process.argv[2]', `'${secret}'`));
  const env = { POSTERN_URL: server.origin, SERVICE_TOKEN: service.secret };
  const { printed, stop } = await project.run('introspect.mjs', env);
  await stop();
  expect(JSON.parse(printed)).toMatchObject({ active: true, username: postern.owner.email });
});
