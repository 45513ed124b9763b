import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { toRequest } from '../../src/http/node/request.ts';
import { codeIn, startWire, type TestWire } from '../support/http.ts';

const QUERY = JSON.stringify({ query: '{ __typename }' });
const BODY_BYTES = 128 * 1024;
const MARK = 'sesame-open-thyself';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

async function refusalOf(response: Response): Promise<[number, string | undefined]> {
  return [response.status, await codeIn(response)];
}

describe('the content type', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json;',
    'application/json; charset=utf-8;',
  ])('can be %s', async (type) => {
    expect((await wire.post(QUERY, { 'Content-Type': type })).status).toBe(200);
  });

  test.each([
    '',
    'text/plain',
    'text/plain; a=application/json',
    'application/graphql',
    'application/graphql+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/jsonp',
    'application/json, text/plain',
  ])('cannot be "%s"', async (type) => {
    const response = await wire.post(QUERY, { 'Content-Type': type });
    expect(await refusalOf(response)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test('is refused with a content coding', async () => {
    const response = await wire.post(QUERY, { 'Content-Encoding': 'gzip' });
    expect(response.headers.get('accept-encoding')).toBe('identity');
    const { errors } = (await response.json()) as any;
    expect([response.status, errors[0].message, errors[0].extensions.code]).toEqual([
      415,
      'The body has the content coding gzip. Send it without one.',
      'UNSUPPORTED_MEDIA_TYPE',
    ]);
    const unknown = await wire.post(QUERY, { 'Content-Encoding': MARK });
    expect(await unknown.text()).toMatch(/The body has a content coding\. /);
  });
});

describe('parameters that clients send empty', () => {
  test.each([
    { operationName: '' },
    { variables: [] },
    { variables: '' },
    { extensions: [] },
    { operationName: '', variables: '', extensions: '' },
  ])('%j counts as absent', async (empty) => {
    const response = await wire.post({ query: '{ __typename }', ...empty });
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  });

  test.each([
    { operationName: false },
    { variables: [1] },
    { variables: 'x' },
    { extensions: ['x'] },
    { variables: 0 },
  ])('%j is not empty, so it is refused', async (wrong) => {
    const response = await wire.post({ query: '{ __typename }', ...wrong });
    expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST']);
  });

  test('in a GET as well', async () => {
    const response = await fetch(
      `${wire.origin}/graphql?query={__typename}&operationName=&variables=&extensions=`,
    );
    expect([response.status, await response.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
  });
});

describe('the hash of a document', () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  const refused = {
    errors: [
      { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
    ],
  };

  test('without the document is refused so that clients of persisted queries send it', async () => {
    const response = await wire.post({ operationName: 'A', variables: {}, extensions });
    expect([response.status, await response.json()]).toEqual([200, refused]);
    const inUrl = `${wire.origin}/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`;
    expect(await (await fetch(inUrl)).json()).toEqual(refused);
  });

  test('beside the document is ignored', async () => {
    const response = await wire.post({ query: '{ __typename }', extensions });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('the size of a body', () => {
  const bodyOf = (bytes: number) => QUERY.padEnd(bytes, ' ');

  function postInChunks(bytes: number): Promise<Response> {
    const body = new Blob([bodyOf(bytes)]).stream();
    const headers = { 'Content-Type': 'application/json' };
    return fetch(`${wire.origin}/graphql`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
  }

  test('can be 128 KiB, with or without Content-Length', async () => {
    expect((await wire.post(bodyOf(BODY_BYTES))).status).toBe(200);
    expect((await postInChunks(BODY_BYTES)).status).toBe(200);
  });

  test('cannot exceed 128 KiB, with or without Content-Length', async () => {
    expect(await refusalOf(await wire.post(bodyOf(BODY_BYTES + 1)))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(await refusalOf(await postInChunks(BODY_BYTES + 1))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('is refused and leaves the connection usable', async () => {
    for (let i = 0; i < 5; i += 1) {
      expect((await wire.post(bodyOf(BODY_BYTES * 4))).status).toBe(413);
      expect((await wire.post(QUERY)).status).toBe(200);
    }
  });
});

describe('the parameters', () => {
  test.each([
    ['nothing', ''],
    ['an incomplete object', `{"query": "${MARK}`],
    ['a text', `"${MARK}"`],
    ['a number', '7'],
    ['null', 'null'],
    ['a batch', `[${QUERY}]`],
    ['no query', `{"variables": {"a": "${MARK}"}}`],
    ['an empty query', '{"query": ""}'],
    ['a query of another type', `{"query": ["${MARK}"]}`],
    ['an operation name of another type', `{"query": "{ __typename }", "operationName": {"a": "${MARK}"}}`],
    ['variables of another type', `{"query": "{ __typename }", "variables": "${MARK}"}`],
    ['a list of variables', `{"query": "{ __typename }", "variables": ["${MARK}"]}`],
    ['extensions of another type', `{"query": "{ __typename }", "extensions": "${MARK}"}`],
  ])('are refused as %s, without repeating them', async (_, body) => {
    const response = await wire.post(body);
    const text = await response.clone().text();
    expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST']);
    expect(text).not.toContain(MARK);
  });

  test('are refused if the body is not UTF-8', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const body = Buffer.from(`{"query": "{ __typename }", "a": "\xff"}`, 'latin1');
    const response = await fetch(`${wire.origin}/graphql`, { method: 'POST', headers, body });
    expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST']);
  });

  test.each([
    '?variables={',
    '?query={__typename}&variables={',
    '?query={__typename}&extensions=7',
    '?query=',
  ])('are refused in the query string %s', async (search) => {
    const response = await fetch(`${wire.origin}/graphql${search}`);
    expect(await refusalOf(response)).toEqual([400, 'BAD_REQUEST']);
  });

  test('can be null, and unknown ones are ignored', async () => {
    const body = { query: '{ __typename }', operationName: null, variables: null, extensions: null, id: 7 };
    expect(await (await wire.post(body)).json()).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('the method', () => {
  test.each(['PUT', 'PATCH', 'DELETE', 'HEAD'])('cannot be %s', async (method) => {
    const response = await fetch(`${wire.origin}/graphql`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST, OPTIONS');
  });

  test('must be POST for a mutation', async () => {
    const response = await fetch(`${wire.origin}/graphql?query=mutation{signOut{signedOut}}`);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await refusalOf(response)).toEqual([405, 'BAD_REQUEST']);
  });
});

test('reading a body after its sender has disconnected rejects', async () => {
  const ended = new Promise((resolve) => {
    const server = createServer((message, outgoing) => {
      message.once('close', () => toRequest({ message, outgoing, start: 0 }).body(100).catch(resolve));
    });
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1', () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy());
    });
  });
  expect(await ended).toMatchObject({ code: 'BAD_REQUEST' });
});
