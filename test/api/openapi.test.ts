import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRateLimits } from '../../src/http/auth/rate-limits.ts';
import { createVerificationRoutes } from '../../src/http/endpoints/verification.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

/** The parts of JSON Schema that the description uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}
interface Operation {
  readonly responses: Record<
    string,
    { headers?: Record<string, unknown>; content?: Record<string, { schema: Schema }> }
  >;
}
const DESCRIPTION = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

/** Throws unless a value has the types and the required members of a schema. */
function conform({ $ref, ...own }: Schema, value: any, path: string): void {
  const schema = $ref ? (DESCRIPTION.components.schemas[$ref.split('/').at(-1) as string] as Schema) : own;
  const type = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  expect([path, type]).toEqual([path, schema.type]);
  for (const name of schema.required ?? []) expect(value, path).toHaveProperty(name);
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (value[name] !== undefined) conform(member, value[name], `${path}.${name}`);
  }
  if (schema.items) for (const item of value) conform(schema.items, item, `${path}[]`);
}

/** Sends a request; checks that the description has its response: the status, the type, the body and Postern's headers. */
async function send(method: string, path: string, init: RequestInit = {}): Promise<number> {
  const request = new Request(`http://postern.test${path}`, { ...init, method: method.toUpperCase() });
  const response = await postern.fetch(request);
  const { pathname } = new URL(request.url);
  const described = DESCRIPTION.paths[pathname]?.[method]?.responses[`${response.status}`];
  expect(described, `${method} ${pathname} ${response.status}`).toBeDefined();
  const named = Object.keys(described?.headers ?? {}).map((name) => name.toLowerCase());
  const sent = [...response.headers.keys()].filter((name) => name.startsWith('x-postern-'));
  for (const name of sent) expect(named).toContain(name);
  const text = await response.text();
  const [content] = Object.entries(described?.content ?? {});
  if (!content) expect(text).toBe('');
  else {
    expect(response.headers.get('content-type')).toContain(content[0]);
    conform(content[1].schema, JSON.parse(text), pathname);
  }
  return response.status;
}

test('docs/openapi.json describes every endpoint for other services, and has the version of the package', () => {
  const routes = createVerificationRoutes({
    config: { publicUrl: null, secretPrefix: '', credentialHeaders: [] },
    limits: createRateLimits({ refusals: 0, anonymous: 0, requests: 0 }),
    services: postern.app.services,
  } as Parameters<typeof createVerificationRoutes>[0]);
  const paths = [...routes.map(([path]) => path), '/health', '/ready'];
  expect(Object.keys(DESCRIPTION.paths).sort()).toEqual(paths.sort());
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect([DESCRIPTION.openapi, DESCRIPTION.info.version]).toEqual(['3.1.0', version]);
});

test('the server responds as docs/openapi.json says', async () => {
  const token = await createPersonalToken(postern, postern.owner.session, { access: 'FULL' });
  const service = await createWorkspaceToken(postern, 'VIEWER');
  const bearer = (secret: string) => ({ headers: { Authorization: `Bearer ${secret}` } });
  const form = (body: Record<string, string>, secret?: string) => ({
    ...(secret && bearer(secret)),
    body: new URLSearchParams(body),
  });
  const json = (body: unknown) => ({
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const statuses = [
    await send('get', '/verify', bearer(token.secret)),
    await send('get', '/verify', bearer(service.secret)),
    await send('get', '/verify?operation=read', bearer(token.secret)),
    await send('get', '/verify'),
    await send('get', '/verify?operation=list&entityType=token', bearer(token.secret)),
    await send('post', '/oauth/device_authorization', form({ client_id: 'pat' })),
    await send('post', '/oauth/device_authorization', form({})),
    await send('post', '/oauth/token', form({ grant_type: 'x' })),
    await send('post', '/oauth/introspect', form({ token: token.secret }, service.secret)),
    await send('post', '/oauth/introspect', form({ token: 'x', client_secret: service.secret })),
    await send('post', '/oauth/introspect', form({ token: 'x' })),
    await send('post', '/oauth/introspect', form({ token: 'x' }, token.secret)),
    await send('post', '/oauth/introspect', json({ token: 'x' })),
    await send('post', '/oauth/revoke', form({ token: 'x' })),
    await send('post', '/oauth/revoke', form({})),
    await send('post', '/leaks', json(['x'])),
    await send('post', '/leaks', json({})),
    await send('post', '/leaks', { body: 'x' }),
    await send('get', '/.well-known/oauth-authorization-server'),
    await send('get', '/.well-known/postern-token-patterns'),
    await send('get', '/health'),
    await send('get', '/ready'),
  ];
  expect(statuses).toEqual([
    204, 204, 400, 401, 403, 200, 400, 400, 200, 200, 401, 403, 415, 200, 400, 200, 400, 415, 200, 200, 200,
    200,
  ]);
  postern.app.drain();
  expect(await send('get', '/ready')).toBe(503);
  expect(await send('get', '/verify', bearer(token.secret))).toBe(503);
});
