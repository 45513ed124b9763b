import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { failureResponse } from '../../src/http/message/responses.ts';
import { createRequestContext } from '../../src/http/request-context.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { toHttpRequest } from '../support/fetch.ts';
import { startWire, type TestWire } from '../support/http.ts';

const MESSAGE = 'An internal error occurred.';
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }';

let wire: TestWire;
beforeEach(async () => {
  wire = await startWire();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await wire.stop();
});

const breakTable = (table: 'sessions' | 'attempt_counters') =>
  wire.postern.database.db.schema.dropTable(table).execute();
const faults = () => wire.postern.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);

test('an internal error before execution is a 500 with only a request id, in every environment', async () => {
  await breakTable('sessions');
  for (const environment of ['production', 'development']) {
    vi.stubEnv('NODE_ENV', environment);
    // The caller is new, because the principal of a previous caller is cached.
    const headers = { Authorization: `Bearer ${composeSecret('SESSION', randomBytes(32))}` };
    const response = await wire.post({ query: '{ viewer { kind } }' }, headers);
    const requestId = response.headers.get('x-request-id');
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      errors: [{ message: MESSAGE, extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }],
    });
    expect(faults().at(-1)).toMatchObject({
      requestId,
      err: { message: expect.stringContaining('sessions') },
    });
  }
});

test('an internal error at a field affects neither the status nor the other fields', async () => {
  await breakTable('attempt_counters');
  const { email, password } = wire.postern.owner;
  const query = SIGN_IN.replace('} }', '} __typename }');
  const response = await wire.post({ query, variables: { input: { email, password } } });
  const requestId = response.headers.get('x-request-id');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    errors: [
      { message: MESSAGE, path: ['signIn'], extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } },
    ],
  });
  expect(faults()).toHaveLength(1);
});

test('a refusal at a field is not logged as an error', async () => {
  const response = await wire.post({ query: '{ viewer { kind } }' });
  expect(response.status).toBe(200);
  expect(faults()).toEqual([]);
});

test.each(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_READONLY', 'SQLITE_CORRUPT'])(
  'the database error %s is a 503 with Retry-After, not an internal error',
  async (code) => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    const error = Object.assign(new Error('the disk, the lock, the file'), { code });
    const request = toHttpRequest(new Request('http://postern.test/graphql'));
    const response = failureResponse(error, request, createRequestContext('id', null), logger);
    expect(response.status).toBe(503);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(response.body as string)).toMatchObject({
      errors: [{ extensions: { code: 'UNAVAILABLE' } }],
    });
    expect(lines).toEqual([]);
  },
);
