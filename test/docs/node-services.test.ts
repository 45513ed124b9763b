import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { createProject, type Project } from '../support/example.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

let server: TestWire;
let project: Project;
/** Gives read access to the repository `website` and to nothing else. */
let secret: string;

beforeAll(async () => {
  project = createProject();
  server = await startWire({ POSTERN_TRUST_PROXY: '1' });
  const { workspaceId, owner } = server.postern;
  const type = { workspaceId, name: 'repository', operations: [{ name: 'READ' }] };
  await mutate(server.postern, 'registerEntityType', type, owner.session, 'entityType { name }');
  const scopes = [{ entityType: 'repository', entityId: 'website', workspaceId, operations: ['READ'] }];
  secret = (await createPersonalToken(server.postern, owner.session, { access: 'SCOPED', scopes })).secret;
});
afterAll(async () => {
  await server.stop();
  project.remove();
});

/** Returns the example of the page that imports a package. */
function exampleOf(name: string): string {
  const example = codeBlocks('node-services.md', 'js').find((block) => block.includes(`from '${name}'`));
  if (!example) throw new Error(`there is no example with ${name}`);
  return example;
}

const ON_NODE = `
  import { createServer } from 'node:http';
  import app from './hono.mjs';
  const server = createServer(async ({ url, headers }, outgoing) => {
    const response = await app.fetch(new Request('http://localhost' + url, { headers }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  }).listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
`;

function environment(): Record<string, string> {
  return { POSTERN_URL: server.origin, WORKSPACE_ID: server.postern.workspaceId, PORT: '0' };
}

describe.each([
  ['express', 'express.mjs'],
  ['fastify', 'fastify.mjs'],
  ['hono', 'hono-on-node.mjs'],
])('the example with %s', (name, module) => {
  let service: Awaited<ReturnType<Project['run']>>;
  beforeAll(async () => {
    project.write(`${name}.mjs`, exampleOf(name));
    if (name === 'hono') project.write(module, ON_NODE);
    service = await project.run(module, environment());
  });
  afterAll(() => service.stop());

  const get = async (repository: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${service.printed}/repositories/${repository}`, { headers });
    const challenge = response.headers.get('www-authenticate');
    return { status: response.status, challenge, body: await response.json() };
  };

  test('serves callers that Postern allows', async () => {
    const { status, body } = await get('website', { Authorization: `Bearer ${secret}` });
    expect([status, body]).toEqual([200, { repository: 'website', readBy: 'PERSONAL_TOKEN' }]);
  });

  test('returns the reason to other callers', async () => {
    expect(await get('other', { Authorization: `Bearer ${secret}` })).toEqual({
      status: 403,
      challenge: 'Bearer realm="postern", error="insufficient_scope"',
      body: {
        code: 'FORBIDDEN',
        reason: 'MISSING_SCOPE',
        required: { operation: 'READ', entityType: 'repository', entityId: 'other' },
      },
    });
    const anonymous = await get('website');
    expect([anonymous.status, anonymous.challenge]).toEqual([401, 'Bearer realm="postern"']);
  });
});

test('the example with graphql-yoga serves and refuses at the field', async () => {
  project.write('yoga.mjs', exampleOf('graphql-yoga'));
  const service = await project.run('yoga.mjs', environment());
  const ask = async (name: string) => {
    const response = await fetch(`${service.printed}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query: `{ repository(name: "${name}") { name readBy } }` }),
    });
    return (await response.json()) as any;
  };
  expect(await ask('website')).toEqual({
    data: { repository: { name: 'website', readBy: 'PERSONAL_TOKEN' } },
  });
  const refused = await ask('other');
  expect(refused.data).toEqual({ repository: null });
  expect(refused.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'MISSING_SCOPE' });
  await service.stop();
});

test('the first example is complete, and the types distinguish the two decisions', () => {
  const [first = ''] = codeBlocks('node-services.md', 'js');
  project.write('first.mts', first.replace('(request)', '(request: Request)'));
  project.write(
    'types.mts',
    `import type { Request as ExpressRequest } from 'express';
    import { createVerifier, type Allowed, type Decision, type Denied } from '@postern/verify';
    import './first.mjs';
    const verify = createVerifier({ url: new URL('http://localhost'), cacheSeconds: 5 });
    export async function ask(request: ExpressRequest, standard: Request, headers: Headers): Promise<string | null> {
      const decisions: Decision[] = [await verify(request), await verify(standard), await verify(headers)];
      const [decision] = decisions;
      if (decision?.allowed) return (decision satisfies Allowed).email;
      return decision === undefined ? null : (decision satisfies Denied).code;
    }
    export const own = verify(new Headers(), { operation: 'refund', entityType: 'invoice', workspaceId: 'wsp_1' });
    // @ts-expect-error: an operation is a text
    export const wrong = verify(new Headers(), { operation: 1, entityType: 'channel' });`,
  );
  project.compile('types.mts');
});
