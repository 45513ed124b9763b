import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

const CHANNELS = 50;
const CREATE = 'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }';

let postern: TestApp;

/** Requests the messages of every channel, a number of times. */
function messagesOfAll(times: number, messages = 'messages'): string {
  const lists = Array.from(
    { length: times },
    (_, n) => `a${n}: channels(first: 100) { nodes { ${messages} { totalCount } } }`,
  );
  return `{ ${lists.join(' ')} }`;
}

beforeAll(async () => {
  postern = await startTestApp();
  for (let n = 0; n < CHANNELS; n++) {
    const input = { workspaceId: postern.workspaceId, name: `channel ${n}` };
    await postern.post(CREATE, { input }, postern.owner.session);
  }
});
afterAll(() => postern.close());

test('an operation with a list in each of many rows is executed', async () => {
  const response = await postern.post(messagesOfAll(10), {}, postern.owner.session);
  expect(response.errors).toEqual([]);
  expect(response.data.a9.nodes).toHaveLength(CHANNELS);
});

test('an operation whose lists multiply is stopped when its budget is spent', async () => {
  const response = await postern.post(messagesOfAll(14), {}, postern.owner.session);
  expect(response.status).toBe(200);
  expect(response.code).toBe('LIMIT_REACHED');
  expect(response.errors.length).toBeLessThanOrEqual(14);
});

test('an operation whose full pages would multiply beyond the budget is not started', async () => {
  const response = await postern.post(messagesOfAll(20, 'messages(first: 100)'), {}, postern.owner.session);
  expect(response.status).toBe(400);
  expect(response.data).toBeUndefined();
  expect(response.code).toBe('QUERY_TOO_COMPLEX');
});
