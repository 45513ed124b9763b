import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { sendRaw, startWire, type TestWire } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

let wire: TestWire;
beforeEach(async () => {
  wire = await startWire();
});
afterEach(() => wire.stop());

const CHOSEN = [
  'level',
  'time',
  'requestId',
  'principal',
  'tokenId',
  'codes',
  'address',
  'operationType',
  'operationName',
  'method',
  'path',
  'status',
  'ms',
  'msg',
];

const lines = () => wire.postern.logs.map((line) => JSON.parse(line) as Record<string, unknown>);

test('each request is logged in one line with the caller, the operation, the result and the duration', async () => {
  const { id, secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);
  const before = lines().length;
  const response = await wire.post(
    { query: 'query WhoAmI { viewer { kind } }' },
    { Authorization: `Bearer ${secret}` },
  );
  const written = lines().slice(before);
  expect(written).toEqual([
    {
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: response.headers.get('x-request-id'),
      principal: 'PERSONAL_TOKEN',
      tokenId: id,
      operationType: 'query',
      operationName: 'WhoAmI',
      method: 'POST',
      path: '/graphql',
      status: 200,
      ms: expect.any(Number),
      msg: 'request',
    },
  ]);
});

test('a refused request is also logged', async () => {
  const response = await wire.post({ query: '{ viewer { kind } }' }, { Authorization: 'Bearer sesame' });
  expect(lines().at(-1)).toMatchObject({
    requestId: response.headers.get('x-request-id'),
    principal: 'ANONYMOUS',
    codes: ['INVALID_TOKEN'],
    address: '127.0.0.1',
    status: 401,
  });
  // Errors in another format than that of GraphQL are logged and counted the same way.
  await fetch(`${wire.origin}/oauth/introspect`, {
    method: 'POST',
    headers: { Authorization: 'Bearer sesame' },
    body: new URLSearchParams({ token: 'x' }),
  });
  expect(lines().at(-1)).toMatchObject({
    path: '/oauth/introspect',
    codes: ['INVALID_TOKEN'],
    address: '127.0.0.1',
    status: 401,
  });
});

test('log lines contain only the chosen fields, and no secret or password from any part of a request', async () => {
  const { secret } = await createPersonalToken(wire.postern, wire.postern.owner.session);
  const canary = composeSecret('PERSONAL', new Uint8Array(32).fill(9));
  const query = `query Q_${canary} { viewer { kind } }`;
  for (const marked of [secret, canary]) {
    await wire.post(
      { query, variables: { [marked]: marked }, extensions: { [marked]: marked } },
      {
        Authorization: `Bearer ${marked}`,
        Cookie: `${wire.postern.cookieName}=${marked}`,
        'User-Agent': marked,
        'X-Forwarded-For': marked,
        [`X-${marked}`]: marked,
      },
    );
    await wire.post({ query: `{ ${marked}(${marked}: "${marked}") }` });
    await wire.post({ query, operationName: marked });
    await wire.post(`{"${marked}`);
    await fetch(`${wire.origin}/${marked}?${marked}=${marked}`);
    await fetch(`${wire.origin}/graphql?query={__typename}&${marked}=${marked}`);
    await sendRaw(wire.port, `GET /${marked} HTTP/1.1\r\nHost: ${marked}@x\r\n\r\n`);
    await sendRaw(wire.port, `${marked} ${marked}\r\n\r\n`);
  }
  const all = wire.postern.logs.join('');
  expect(lines().length).toBeGreaterThan(16);
  expect(all).not.toContain(secret.slice(4, -6));
  expect(all).not.toContain(canary.slice(4, -6));
  for (const line of lines()) expect(CHOSEN).toEqual(expect.arrayContaining(Object.keys(line)));
});

test('a long operation name is omitted', async () => {
  await wire.post({ query: `query ${'a'.repeat(101)} { __typename }` });
  expect(lines().at(-1)).not.toHaveProperty('operationName');
});
