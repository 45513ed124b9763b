import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';

const QUERY = { query: '{ __typename }' };
const ALLOWED = ['https://app.example', 'http://localhost:5173'];

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire({ POSTERN_ALLOWED_ORIGINS: ALLOWED.join(', ') });
});
afterAll(() => wire.stop());

function corsHeaders(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));
}

function preflight(origin: string): Promise<Response> {
  const headers = { Origin: origin, 'Access-Control-Request-Method': 'POST' };
  return fetch(`${wire.origin}/graphql`, { method: 'OPTIONS', headers });
}

test.each(ALLOWED)('a page of %s can read responses and send credentials', async (origin) => {
  const response = await wire.post(QUERY, { Origin: origin });
  expect(corsHeaders(response)).toEqual({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After, WWW-Authenticate, X-Request-Id',
  });
  expect(response.headers.get('vary')).toBe('Origin');
});

test('an allowed page can also read error responses', async () => {
  const response = await wire.post('not json', { Origin: 'https://app.example' });
  expect(response.status).toBe(400);
  expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
});

test.each(['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null'])(
  'the page of %s gets no CORS headers',
  async (origin) => {
    for (const response of [await wire.post(QUERY, { Origin: origin }), await preflight(origin)]) {
      expect(corsHeaders(response)).toEqual({});
      expect(response.headers.get('vary')).toBe('Origin');
    }
  },
);

test('a preflight from an allowed origin gets a response without GraphQL', async () => {
  const response = await preflight('https://app.example');
  expect(response.status).toBe(204);
  expect(corsHeaders(response)).toEqual({
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'Authorization, Content-Type, X-Postern-Expected-User',
    'access-control-expose-headers': 'Retry-After, WWW-Authenticate, X-Request-Id',
    'access-control-max-age': '600',
  });
});

test('a page of an allowed origin can send the headers that its client asks for, and other pages cannot', async () => {
  const ask = async (origin: string, names: string) => {
    const headers = { Origin: origin, 'Access-Control-Request-Headers': names };
    const response = await fetch(`${wire.origin}/graphql`, { method: 'OPTIONS', headers });
    return response.headers.get('access-control-allow-headers');
  };
  const names = 'apollographql-client-name,content-type, traceparent';
  expect(await ask('https://app.example', names)).toBe(names);
  expect(await ask('https://evil.example', names)).toBeNull();
  expect(await ask('https://app.example', 'a(b)')).not.toContain('(');
  expect(await ask('https://app.example', 'x'.repeat(2000))).not.toContain('xx');
});

test('other paths have no CORS headers', async () => {
  const response = await fetch(`${wire.origin}/health`, { headers: { Origin: 'https://app.example' } });
  expect(corsHeaders(response)).toEqual({});
});
