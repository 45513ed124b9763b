import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RawAnswer, sendRaw, startWire, type TestWire } from '../support/http.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';

const SEED = 20_260_708;
const RAW_REQUESTS = testLength({ short: 200, ci: 500, full: 2_000 });
const FETCHED_REQUESTS = testLength({ short: 100, ci: 250, full: 1_000 });
const LANES = 25;
const STACK = /\bat (?:async )?\S+ \(?(?:file|node|\/)|node_modules|\.ts:\d+/;

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire({ POSTERN_REFUSALS_PER_MINUTE: '0' });
});
afterAll(() => wire.stop());

/** Troublesome bytes: controls, quotes, brackets, separators, lone surrogates, truncated UTF-8. */
const ODD = [
  '\0',
  '\t',
  '\n',
  '\r\n',
  ' ',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  '(',
  ':',
  ';',
  ',',
  '@',
  '/',
  '\\',
  '%',
  '%00',
  '%zz',
  '..',
  '#',
  '?',
  '&',
  '=',
  '$',
  '__proto__',
  'constructor',
  '\x7f',
  'é',
  '\ud800',
  '💥',
  '1e999',
  '-0',
  'null',
];

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'get',
  'G ET',
  '',
  'POST\t',
];
const TARGETS = [
  '/graphql',
  '/graphql?query={__typename}',
  '/graphql?variables={',
  '/health',
  '/ready',
  '/',
  '//',
  '*',
  'graphql',
  'http://evil.example/graphql',
  'http://[',
  '/%',
  '/graphql?%',
  '/graphql\u00ff',
  '/..//graphql',
  `/${'a'.repeat(20_000)}`,
];
const HOSTS = [
  'localhost',
  '127.0.0.1:80',
  '[::1]',
  '[::1',
  'a b',
  '',
  ':',
  'a:b',
  'a:99999',
  'evil@localhost',
  'a/b',
  'a?b',
  '\\',
  'é',
  '%41',
  '256.256.256.256',
  '[v1.x]',
  'a,b',
  '..',
  '-',
];
const HEADERS = [
  'Authorization: Bearer',
  'Authorization: Bearer a',
  'Authorization: ',
  'authorization: Basic é',
  'Authorization: Basic YTpi',
  'Authorization: Digest a',
  'Cookie: postern',
  'Cookie: ;=;postern=;',
  'Cookie: postern=ses_; postern=ses_a',
  'Origin: null',
  'Origin: é',
  'Accept: ',
  'Accept: ;;;',
  'Accept: text/html',
  'Accept: text/event-stream',
  'Accept: multipart/mixed',
  'Accept: image/png',
  'Accept-Encoding: gzip;q=x',
  'Content-Encoding: gzip',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Expect: 100-continue',
  'Expect: tea',
  'Upgrade: websocket',
  'Connection: upgrade',
  'Connection: close',
  'X-Forwarded-For: ,,,',
  '__proto__: x',
  'constructor: x',
  ': x',
  'no colon',
  'X-Long: '.padEnd(17_000, 'a'),
  'X\0: y',
  'X: \x01',
  'Content-Type: application/json',
  'Content-Type: application/json;charset',
  'content-type: text/plain',
  'Host: again',
];
const BODIES = [
  '',
  '{',
  '{}',
  '[]',
  'null',
  '0',
  '"',
  '{"query":"{__typename}"}',
  '{"query":"{__typename}","variables":[]}',
  '[{"query":"{__typename}"}]',
  '{"query":{"__proto__":1}}',
  '{"__proto__":{"query":"{__typename}"}}',
  '{"query":"query($a:Int){tokens(first:$a){totalCount}}","variables":{"a":1e999}}',
  '{"query":"\\ud800"}',
  '5\r\n{"que\r\n0\r\n\r\n',
  'zz\r\n',
  '\xff\xfe',
  '['.repeat(50_000),
  '{"query":"{viewer{kind}}","operationName":"\0"}',
  'query={__typename}',
  '{"query":"subscription{__typename}"}',
  '{"query":"mutation{signOut{signedOut}}"}',
];

/** Returns a text with odd characters inserted, or with a piece removed or doubled. */
function bend(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(8));
  const middle = random.pick([random.pick(ODD), '', text.slice(at, to).repeat(2)]);
  return text.slice(0, at) + middle + text.slice(to);
}

/** Returns the usual value mostly, and sometimes another one. */
function usually<T>(random: Random, usual: T, others: readonly T[]): T {
  return random.chance(0.8) ? usual : random.pick(others);
}

function rawRequest(random: Random): Buffer {
  const body = random.pick(BODIES);
  const host = random.chance(0.95) ? [`Host: ${usually(random, 'localhost', HOSTS)}`] : [];
  const length = random.chance(0.9) ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const type = random.chance(0.9) ? ['Content-Type: application/json'] : [];
  const withCookie = (header: string) => header.replaceAll('postern', wire.postern.cookieName);
  const extra = random.chance(0.5) ? [random.pick(HEADERS), random.pick(HEADERS)].map(withCookie) : [];
  const version = usually(random, 'HTTP/1.1', ['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '']);
  const line = `${usually(random, 'POST', METHODS)} ${usually(random, '/graphql', TARGETS)} ${version}`;
  const text = `${[line, ...host, ...type, ...length, ...extra].join('\r\n')}\r\n\r\n${body}`;
  return Buffer.from(random.chance(0.3) ? bend(random, text) : text, random.pick(['utf8', 'latin1']));
}

/** Fails if a response reveals internals or is an internal error. */
function assertHarmless({ status, text }: RawAnswer, request: string): void {
  const about = JSON.stringify(request.slice(0, 600));
  // A CONNECT request gets no response.
  if (status === null && !request.includes('CONNECT')) throw new Error(`no response to ${about}`);
  if (status !== null && status >= 500) throw new Error(`${status} for ${about}: ${text.slice(0, 300)}`);
  if (STACK.test(text.replace(/<script>[\s\S]*/, ''))) throw new Error(`a stack for ${about}`);
}

async function inTurns(count: number, work: () => Promise<void>): Promise<void> {
  const lane = async () => {
    for (let i = 0; i < count / LANES; i += 1) await work();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function faultsLogged(): string[] {
  return wire.postern.logs.filter((line) => /"level":[56]0/.test(line));
}

test('malformed bytes on a connection are refused as bad requests, and the server keeps responding', async () => {
  const random = seededRandom(SEED);
  const statuses = new Map<number | null, number>();
  await inTurns(RAW_REQUESTS, async () => {
    const bytes = rawRequest(random);
    const response = await sendRaw(wire.port, bytes);
    assertHarmless(response, bytes.toString('latin1'));
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  });
  for (const status of [200, 400, 401, 404, 405, 415, 431])
    expect(statuses.get(status), String(status)).toBeGreaterThan(0);
  expect(faultsLogged()).toEqual([]);
  expect((await wire.post({ query: '{ __typename }' })).status).toBe(200);
}, 180_000);

test('well-formed requests with malformed content are refused as bad requests', async () => {
  const random = seededRandom(SEED + 1);
  const documents = [
    '{ __typename }',
    '{ viewer { kind } }',
    'query ($a: Int) { tokens(first: $a) { totalCount } }',
    'mutation ($i: SignInInput!) { signIn(input: $i) { expiresAt } }',
    '{ node(id: "tok_0") { id } }',
    'fragment A on Query { ...A } { ...A }',
  ];
  await inTurns(FETCHED_REQUESTS, async () => {
    const query = bend(random, random.pick(documents));
    const variables = random.pick([
      undefined,
      {},
      { a: random.pick(ODD) },
      { i: { email: random.pick(ODD) } },
      { a: [[[1e308]]] },
    ]);
    const params = JSON.stringify({ query, variables, operationName: random.pick([undefined, '', query]) });
    const body = random.chance(0.5) ? bend(random, params) : params;
    const get = random.chance(0.3);
    const url = `${wire.origin}/graphql${get ? `?query=${encodeURIComponent(query.replace(/[\ud800-\udfff]/g, '?'))}&variables=${encodeURIComponent(JSON.stringify(variables ?? 0))}` : ''}`;
    const headers = {
      'Content-Type': 'application/json',
      Accept: random.pick([
        '*/*',
        'application/json',
        'application/graphql-response+json',
        'text/event-stream',
        'multipart/mixed',
      ]),
    };
    const response = await fetch(url, get ? { headers } : { method: 'POST', headers, body });
    assertHarmless({ status: response.status, text: await response.text() }, `${url} ${body}`);
  });
  expect(faultsLogged()).toEqual([]);
}, 180_000);
