import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChannel } from '../support/channels.ts';
import { codeIn, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

const CREATE = 'mutation { createToken(input: { name: "stored" }) { secret } }';
const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';

let wire: TestWire;
let channelId: string;
beforeAll(async () => {
  wire = await startWire();
  channelId = await createChannel(wire.postern);
});
afterAll(() => wire.stop());

function send(query: string, accept: string): Promise<Response> {
  const headers = { Accept: accept, Authorization: `Bearer ${wire.postern.owner.session}` };
  return wire.post({ query }, headers);
}

async function countEvents(): Promise<number> {
  const rows = await wire.postern.database.db.selectFrom('audit_events').select('id').execute();
  return rows.length;
}

describe('a client that accepts no available media type', () => {
  test.each([
    'image/png',
    'text/html',
    'multipart/mixed',
    'multipart/mixed; deferSpec=20220824',
    'application/json;q=0',
    'application/json; q=0.0, application/graphql-response+json;q=0',
    '*/*;q=0',
    'application/*;q=0, text/*;q=0, */*;q=0',
    'application/json; charset=utf-16',
    'nonsense',
    ', ;',
  ])('"%s" is refused before its mutation is executed', async (accept) => {
    const before = await countEvents();
    const response = await send(CREATE, accept);
    expect([response.status, await codeIn(response)]).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(await countEvents()).toBe(before);
  });

  test('is refused a subscription in JSON, even if the response is an error', async () => {
    for (const id of [channelId, 'chn_0']) {
      const response = await send(
        `subscription { channelMessages(channelId: "${id}") { id } }`,
        'application/json, text/event-stream;q=0',
      );
      expect([response.status, await codeIn(response)]).toEqual([406, 'NOT_ACCEPTABLE']);
    }
  });

  test('is also refused malformed, invalid and unknown operations', async () => {
    for (const query of ['{', '{ nope }', 'query A { __typename } query B { __typename }']) {
      expect((await send(query, 'image/png')).status).toBe(406);
    }
  });

  test('is refused in a GET', async () => {
    const url = `${wire.origin}/graphql?query={__typename}`;
    const response = await fetch(url, { headers: { Accept: 'image/png' } });
    expect([response.status, await codeIn(response)]).toEqual([406, 'NOT_ACCEPTABLE']);
  });
});

describe('a client gets the media type that it prefers', () => {
  test.each([
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['APPLICATION/JSON', JSON_TYPE],
    ['application/json; charset="UTF-8"', JSON_TYPE],
    ['application/json, multipart/mixed', JSON_TYPE],
    ['text/html, image/gif, *; q=.2, */*; q=.2', JSON_TYPE],
    ['application/graphql-response+json, application/json', GRAPHQL_TYPE],
    ['application/json, application/graphql-response+json', JSON_TYPE],
    ['application/json;q=0.4, application/graphql-response+json', GRAPHQL_TYPE],
    ['application/json;q=0, */*', GRAPHQL_TYPE],
    ['text/event-stream, application/json', JSON_TYPE],
    ['text/event-stream', 'text/event-stream'],
  ])('for "%s"', async (accept, type) => {
    for (const query of [
      '{ viewer { kind } }',
      'mutation { createToken(input: { name: "a" }) { secret } }',
    ]) {
      const response = await send(query, accept);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      expect(await response.text()).toMatch(/"kind":"SESSION"|"secret":"pat_/);
    }
  });

  test('for an error as for a result', async () => {
    const refused = await wire.post('nonsense', { Accept: 'application/json;q=0.1, application/*' });
    expect(refused.headers.get('content-type')).toBe(GRAPHQL_TYPE);
    const plain = await wire.post('nonsense', { Accept: 'application/graphql-response+json;q=0' });
    expect(plain.headers.get('content-type')).toBe(JSON_TYPE);
  });
});

test('endpoints with a single response format ignore the Accept header, and lose nothing', async () => {
  const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session, { access: 'FULL' });
  const bearer = { Accept: 'image/png', Authorization: `Bearer ${secret}` };
  const form = (path: string, headers: Record<string, string>) =>
    fetch(`${wire.origin}${path}`, { method: 'POST', headers, body: new URLSearchParams({ token: secret }) });

  expect((await fetch(`${wire.origin}/verify`, { headers: bearer })).status).toBe(204);
  const session = { Accept: 'image/png', Authorization: `Bearer ${wire.postern.owner.session}` };
  expect(await (await form('/oauth/introspect', session)).json()).toMatchObject({ active: true });
  expect((await form('/oauth/revoke', { Accept: 'image/png' })).status).toBe(200);
  const refused = await fetch(`${wire.origin}/verify`, { headers: bearer });
  expect([refused.status, await codeIn(refused)]).toEqual([401, 'TOKEN_REVOKED']);
});
