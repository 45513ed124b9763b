import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';

const BUILT = new URL('../../dist/console/', import.meta.url);
const BUDGET_BYTES = 160_000;
const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let wire: TestWire;

beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${wire.origin}${path}`, { headers });

test('every page is the same document, is not cached, and its policy forbids inline scripts', async () => {
  for (const path of ['/', '/tokens', '/workspaces/wsp_0/members', '/sign-in?next=%2Ftokens']) {
    const response = await get(path, BROWSER);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|data:|blob:|https?:|\*/);
    expect(await response.text()).toContain('<div id="root"></div>');
  }
});

test('the page contains the address for feedback, escaped, and only if there is one', async () => {
  expect(await (await get('/', BROWSER)).text()).not.toContain('postern-feedback');
  const url = "mailto:o'hara@example.com?subject=a&body=b";
  const configured = await startWire({ POSTERN_FEEDBACK_URL: url });
  try {
    const page = await (await fetch(`${configured.origin}/tokens`, { headers: BROWSER })).text();
    const content = /<meta name="postern-feedback" content="([^"]*)"/.exec(page)?.[1];
    expect(content).toBe('mailto:o&#39;hara@example.com?subject=a&#38;body=b');
  } finally {
    await configured.stop();
  }
});

test('asset names contain a hash of the content, and assets are cached indefinitely', async () => {
  const names = readdirSync(new URL('assets/', BUILT));
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    const response = await get(`/assets/${name}`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-type')).toMatch(/^(text\/(javascript|css)|image\/svg)/);
    const text = await response.text();
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org|react\.dev|base-ui\.com)[a-z]/);
    // No list that only the server needs: the largest asset, React and the client, has 270 kB.
    expect(text.length).toBeLessThan(350_000);
  }
});

test('other paths are not found, and other methods are refused', async () => {
  for (const path of ['/assets/none.js', '/assets/../package.json', '/tokens.json', '/index.html/x.css']) {
    expect((await get(path, BROWSER)).status).toBe(404);
  }
  expect((await get('/tokens')).status).toBe(404);
  expect((await fetch(`${wire.origin}/`, { method: 'POST', body: '{}' })).status).toBe(405);
});

test('GraphiQL and the API stay at /graphql', async () => {
  expect(await (await get('/graphql', BROWSER)).text()).toContain('GraphiQL');
  expect(await (await wire.post({ query: '{ __typename }' })).json()).toEqual({
    data: { __typename: 'Query' },
  });
});

test('the first load stays within its budget', () => {
  const page = readFileSync(new URL('index.html', BUILT));
  const files = [...page.toString().matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path);
  const bodies = [page, ...files.map((path) => readFileSync(new URL(String(path), BUILT)))];
  const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).byteLength, 0);
  expect(bytes).toBeLessThan(BUDGET_BYTES);
});
