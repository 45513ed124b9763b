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
  wire.postern.app.services.db.schema.dropTable(table).execute();
const faults = () => wire.postern.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === 50);

test('a fault before execution is a 500 that tells its id and nothing else, whatever the environment', async () => {
  await breakTable('sessions');
  for (const environment of ['production', 'development']) {
    vi.stubEnv('NODE_ENV', environment);
    // Nobody who has called before: who that was is remembered.
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

test('a fault at a field leaves the status and the other fields alone', async () => {
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

test('a refusal at a field is no fault, and leaves no line of one', async () => {
  const response = await wire.post({ query: '{ viewer { kind } }' });
  expect(response.status).toBe(200);
  expect(faults()).toEqual([]);
});

test.each(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_READONLY', 'SQLITE_CORRUPT'])(
  'a database that answers %s is a 503 for a while, and not a fault of ours',
  async (code) => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => void lines.push(line) });
    const error = Object.assign(new Error('the disk, the lock, the file'), { code });
    const request = toHttpRequest(new Request('http://postern.test/graphql'));
    const answer = failureResponse(error, request, createRequestContext('id', null), logger);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(answer.body as string)).toMatchObject({
      errors: [{ extensions: { code: 'UNAVAILABLE' } }],
    });
    expect(lines).toEqual([]);
  },
);
