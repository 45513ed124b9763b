import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRateLimits } from '../../src/http/auth/rate-limits.ts';
import { createProviderRoutes } from '../../src/http/endpoints/providers.ts';
import { createVerificationRoutes } from '../../src/http/endpoints/verification.ts';
import { createMetricsServer } from '../../src/http/metrics-server.ts';
import { SCIM_PATH } from '../../src/http/scim/endpoint.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { DIRECTORY_ENV, patchOf, personOf } from '../support/directory.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

/** The parts of JSON Schema that the description uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}
interface Described {
  readonly $ref?: string;
  readonly headers?: Record<string, unknown>;
  readonly content?: Record<string, { schema: Schema }>;
}
interface Operation {
  readonly responses: Record<string, Described>;
}
const DESCRIPTION = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Described> };
};

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp({ ...DIRECTORY_ENV, POSTERN_METRICS_PORT: '0' });
});
afterEach(() => postern.close());

/** Returns what an object of the description refers to, or the object itself. */
function resolve<T extends { readonly $ref?: string }>(object: T, all: Record<string, T>): T {
  return object.$ref ? (all[object.$ref.split('/').at(-1) as string] as T) : object;
}

/** Throws unless a value has the types and the required members of a schema. */
function conform(given: Schema, value: any, path: string): void {
  const schema = resolve(given, DESCRIPTION.components.schemas);
  const type = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  expect([path, type]).toEqual([path, schema.type]);
  for (const name of schema.required ?? []) expect(value, path).toHaveProperty(name);
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (value[name] !== undefined) conform(member, value[name], `${path}.${name}`);
  }
  if (schema.items) for (const item of value) conform(schema.items, item, `${path}[]`);
}

/** Returns the path in the description, with its parameters. */
function describedPath(path: string): string {
  if (DESCRIPTION.paths[path]) return path;
  return path
    .replace(/^\/auth\/corp\//, '/auth/{provider}/')
    .replace(/^(\/scim\/v2\/(?:Users|Groups|ResourceTypes|Schemas))\/[^/]+$/, '$1/{id}');
}

/** Checks that the description has a response: the status, the type, the body and Postern's headers. */
async function expectDescribed(method: string, pathname: string, response: Response): Promise<string> {
  const given = DESCRIPTION.paths[describedPath(pathname)]?.[method]?.responses[`${response.status}`];
  expect(given, `${method} ${pathname} ${response.status}`).toBeDefined();
  const described = given && resolve(given, DESCRIPTION.components.responses);
  const named = Object.keys(described?.headers ?? {}).map((name) => name.toLowerCase());
  const sent = [...response.headers.keys()].filter((name) => name.startsWith('x-postern-'));
  for (const name of sent) expect(named).toContain(name);
  const text = await response.text();
  const [content] = Object.entries(described?.content ?? {});
  if (!content) expect(text).toBe('');
  else {
    expect(response.headers.get('content-type')).toContain(content[0]);
    if (content[0].endsWith('json')) conform(content[1].schema, JSON.parse(text), pathname);
  }
  return text;
}

async function send(method: string, path: string, init: RequestInit = {}): Promise<number> {
  const request = new Request(`http://postern.test${path}`, {
    ...init,
    method: method.toUpperCase(),
    redirect: 'manual',
  });
  const response = await postern.fetch(request);
  await expectDescribed(method, new URL(request.url).pathname, response);
  return response.status;
}

test('docs/openapi.json describes every endpoint besides GraphQL, and has the version of the package', () => {
  const routes = createVerificationRoutes({
    config: { publicUrl: null, secretPrefix: '', credentialHeaders: [] },
    limits: createRateLimits({ refusals: 0, anonymous: 0, requests: 0 }),
    services: postern.app.services,
  } as Parameters<typeof createVerificationRoutes>[0]);
  const providers = createProviderRoutes({
    config: { publicUrl: 'http://postern.test' },
    installationId: 'x',
    services: postern.app.services,
  } as unknown as Parameters<typeof createProviderRoutes>[0]);
  const paths = [...routes, ...providers].map(([path]) => path).concat('/health', '/ready', '/metrics');
  const described = Object.keys(DESCRIPTION.paths).filter((path) => !path.startsWith(`${SCIM_PATH}/`));
  expect(described.sort()).toEqual(paths.map(describedPath).sort());
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
  expect(await send('get', '/auth/corp/start')).toBe(503);
  expect(await send('get', '/verify', bearer(token.secret))).toBe(503);
});

test('the endpoints of providers respond as docs/openapi.json says', async () => {
  const form = (body: Record<string, string>) => ({ body: new URLSearchParams(body) });
  expect([
    await send('get', '/auth/corp/start?intent=link'),
    await send('get', '/auth/corp/start'),
    await send('get', '/auth/corp/callback?state=x&code=y'),
    await send('post', '/auth/corp/backchannel-logout', form({})),
  ]).toEqual([303, 303, 303, 400]);
});

test('the SCIM endpoints respond as docs/openapi.json says', async () => {
  const secret = await postern.app.services.directoryCredentials.create('corp');
  const call = (method: string, path: string, body?: unknown, type = 'application/scim+json') =>
    send(method, `${SCIM_PATH}${path}`, {
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  await call('post', '/Users', personOf('ada'));
  const found = await postern.fetch(
    new Request(`http://postern.test${SCIM_PATH}/Users`, { headers: { Authorization: `Bearer ${secret}` } }),
  );
  const [{ id }] = ((await found.json()) as { Resources: [{ id: string }] }).Resources;
  const rename = patchOf({ op: 'replace', path: 'displayName', value: 'Ada' });
  expect([
    await call('get', '/Users?filter=userName%20eq%20%22ada@example.com%22'),
    await call('get', '/Users?filter=nonsense'),
    await call('post', '/Users', personOf('ada')),
    await call('post', '/Users', personOf('bob'), 'text/plain'),
    await call('get', `/Users/${id}`),
    await call('put', `/Users/${id}`, personOf('ada', { displayName: 'Ada L' })),
    await call('patch', `/Users/${id}`, rename),
    await call('delete', `/Users/${id}`),
    await call('get', '/Users/absent'),
    await call('get', '/Groups/absent'),
    await send('get', `${SCIM_PATH}/Groups`),
    await call('get', '/ServiceProviderConfig'),
    await call('get', '/ResourceTypes'),
    await call('get', '/ResourceTypes/User'),
    await call('get', '/Schemas'),
    await call('get', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:User'),
  ]).toEqual([200, 400, 409, 415, 200, 200, 200, 204, 404, 404, 401, 200, 200, 200, 200, 200]);
});

test('the metrics are served as docs/openapi.json says', async () => {
  const metrics = createMetricsServer(postern.app.metrics as NonNullable<typeof postern.app.metrics>);
  try {
    const response = await fetch(`http://127.0.0.1:${await metrics.listen(0, '127.0.0.1')}/metrics`);
    expect(await expectDescribed('get', '/metrics', response)).toContain('# TYPE postern_requests_total ');
  } finally {
    metrics.close();
  }
});
