import { createHash } from 'node:crypto';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { GRAPHIQL_TABS } from '../../src/http/graphql/graphiql-tabs.ts';
import { codeIn, startWire, type TestWire } from '../support/http.ts';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const page = (headers: Record<string, string> = {}) =>
  fetch(`${wire.origin}/graphql`, { headers: { ...BROWSER, ...headers }, redirect: 'manual' });

function policyOf(response: Response): Record<string, string> {
  const directives = (response.headers.get('content-security-policy') ?? '').split('; ');
  return Object.fromEntries(directives.map((directive) => directive.split(/ (.*)/).slice(0, 2)));
}

test('a browser gets the complete page from this server only', async () => {
  const response = await page();
  const html = await response.text();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(html).toMatch(/<title>Postern<\/title>/);
  const markup = html.replace(/<script>[\s\S]*<\/script>/, '').replace(/<style>[\s\S]*<\/style>/, '');
  expect(markup).not.toMatch(/(?:src|href)="https?:/);
  expect(html).not.toContain('Sign in with');
});

test('the page can run only its own script and connect only to its own server', async () => {
  const response = await page();
  const html = await response.text();
  const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';
  const digest = createHash('sha256').update(script).digest('base64');
  expect(policyOf(response)).toMatchObject({
    'default-src': "'none'",
    'script-src': `'sha256-${digest}'`,
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  });
});

test.each(['gzip;q=0', 'gzip; q=0.0, *', 'br, gzip;Q=0.000', '*;q=0', 'br', ''])(
  'the page is not compressed for clients that accept "%s"',
  async (accepted) => {
    expect((await page({ 'Accept-Encoding': accepted })).headers.get('content-encoding')).toBeNull();
  },
);

test.each(['GZIP', 'br;q=1, gzip;q=0.5', 'x-gzip', '*', 'gzip, *;q=0'])(
  'the page is compressed for clients that accept "%s"',
  async (accepted) => {
    expect((await page({ 'Accept-Encoding': accepted })).headers.get('content-encoding')).toBe('gzip');
  },
);

test('the page is compressed for clients that accept gzip', async () => {
  const zipped = await page({ 'Accept-Encoding': 'gzip' });
  const plain = await page({ 'Accept-Encoding': 'identity' });
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(await zipped.text()).toBe(await plain.text());
});

test('a program gets JSON from the same address', async () => {
  const response = await fetch(`${wire.origin}/graphql?query={__typename}`);
  expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
});

test('each initial tab is valid for the schema, has JSON variables, and contains no secret', () => {
  expect(GRAPHIQL_TABS.length).toBeGreaterThan(0);
  for (const { query, variables, headers } of GRAPHIQL_TABS) {
    expect(validate(schema, parse(query))).toEqual([]);
    expect(() => JSON.parse(variables)).not.toThrow();
    expect(() => JSON.parse(headers ?? '{}')).not.toThrow();
  }
});

test('GraphiQL can be turned off', async () => {
  const bare = await startWire({ POSTERN_GRAPHIQL: 'off' });
  const response = await fetch(`${bare.origin}/graphql`, { headers: BROWSER });
  expect([response.status, await codeIn(response)]).toEqual([400, 'BAD_REQUEST']);
  await bare.stop();
});
