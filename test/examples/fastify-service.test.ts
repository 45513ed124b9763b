import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { createProject, type Project } from '../support/example.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { declared } from '../support/operations.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestWire;
let project: Project;
let service: Awaited<ReturnType<Project['run']>>;
/** A token that can read the repository `website`, and nothing else. */
let reader: IssuedToken;

beforeAll(async () => {
  postern = await startWire({ POSTERN_TRUST_PROXY: '1' });
  const { workspaceId, owner } = postern.postern;
  const type = { workspaceId, name: 'repository', operations: declared('READ', 'UPDATE') };
  await mutate(postern.postern, 'registerEntityType', type, owner.session, 'entityType { name }');
  const scopes = [{ entityType: 'repository', entityId: 'website', workspaceId, operations: ['READ'] }];
  reader = await createPersonalToken(postern.postern, owner.session, { access: 'SCOPED', scopes });
  project = createProject('fastify-service');
  project.build();
  service = await project.run('dist/main.js', {
    POSTERN_URL: postern.origin,
    WORKSPACE_ID: workspaceId,
    PORT: '0',
  });
});
afterAll(async () => {
  await service.stop();
  project.remove();
  await postern.stop();
});

async function call(method: string, repository: string, secret?: string, body?: object) {
  const [origin] = /http:\S+/.exec(service.printed) as RegExpExecArray;
  const response = await fetch(`${origin}/repositories/${repository}`, {
    method,
    headers: {
      ...(secret && { Authorization: `Bearer ${secret}` }),
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    challenge: response.headers.get('WWW-Authenticate'),
    body: text === '' ? null : JSON.parse(text),
  };
}

test('a token reads what its scope allows', async () => {
  expect(await call('GET', 'website', reader.secret)).toMatchObject({
    status: 200,
    body: { repository: 'website', description: 'The public website' },
  });
});

test('a caller with too little access gets the status, challenge and reason of Postern', async () => {
  expect(await call('GET', 'website')).toMatchObject({ status: 401, challenge: 'Bearer realm="postern"' });
  expect(await call('GET', 'other', reader.secret)).toMatchObject({ status: 403 });
  expect(await call('PUT', 'website', reader.secret, { description: 'Mine' })).toEqual({
    status: 403,
    challenge: 'Bearer realm="postern", error="insufficient_scope"',
    body: {
      code: 'FORBIDDEN',
      reason: 'MISSING_SCOPE',
      required: { operation: 'UPDATE', entityType: 'repository', entityId: 'website' },
    },
  });
});

test('a session updates a repository, and invalid input reaches no handler', async () => {
  const { owner } = postern.postern;
  expect(await call('PUT', 'docs', owner.session, {})).toMatchObject({ status: 400 });
  expect(await call('GET', 'docs', owner.session)).toMatchObject({ status: 404 });
  expect(await call('PUT', 'docs', owner.session, { description: 'Manual' })).toMatchObject({
    status: 200,
    body: { description: 'Manual', updatedBy: owner.id },
  });
  expect(await call('GET', 'docs', owner.session)).toMatchObject({ body: { description: 'Manual' } });
});

test('a revoked token is refused by the next request', async () => {
  const { owner } = postern.postern;
  await mutate(postern.postern, 'revokeToken', { id: reader.id }, owner.session, 'token { id }');
  expect(await call('GET', 'website', reader.secret)).toMatchObject({
    status: 401,
    body: { code: 'TOKEN_REVOKED' },
  });
});
