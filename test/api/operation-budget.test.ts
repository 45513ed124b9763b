import { readdirSync, readFileSync } from 'node:fs';
import { Kind, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { requireAffordable } from '../../src/http/graphql/affordable.ts';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, publish } from '../support/channels.ts';
import { createPersonalToken } from '../support/tokens.ts';
import { turnsUntil } from '../support/turns.ts';

const LONGEST = 'x'.repeat(60_000);
const MESSAGES = 12;
const TOKENS = 70;

let postern: TestApp;
let channelId: string;
beforeAll(async () => {
  postern = await startTestApp();
  channelId = await createChannel(postern);
  for (let n = 0; n < MESSAGES; n += 1) await publish(postern, channelId, LONGEST);
  for (let n = 0; n < TOKENS; n += 1) await createPersonalToken(postern, postern.owner.session);
});
afterAll(() => postern.close());

function aliased(count: number, field: string): string {
  return Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ');
}

function post(query: string, variables: object = {}): Promise<Answer> {
  return postern.post(query, variables, postern.owner.session);
}

const codesOf = ({ errors }: Answer) => [...new Set(errors.map(({ extensions }) => extensions.code))];

describe('an operation', () => {
  test('that requests more bytes than its budget is refused at the lists that exceed it', async () => {
    const lists = aliased(28, 'messages(first: 100) { nodes { payload } }');
    const response = await post(`query ($id: ID!) { channel(id: $id) { ${lists} } }`, { id: channelId });
    expect(response.status).toBe(200);
    expect(response.data).toEqual({ channel: null });
    expect(codesOf(response)).toEqual(['LIMIT_REACHED']);
  });

  test('is not charged for bytes that it does not request', async () => {
    const lists = aliased(28, 'messages(first: 100) { nodes { id } }');
    const response = await post(`query ($id: ID!) { channel(id: $id) { ${lists} } }`, { id: channelId });
    expect(response.errors).toEqual([]);
    expect(response.data.channel.a27.nodes).toHaveLength(MESSAGES);
  });

  test.each(['POST', 'GET'])(
    'whose full pages would multiply beyond the budget is not started, by %s',
    async (method) => {
      const query = `query ($n: Int) { tokens(first: $n) { nodes { derived(first: $n) { nodes { derived(first: $n) { totalCount } } } } } }`;
      const variables = { n: 100 };
      const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
      const headers = {
        authorization: `Bearer ${postern.owner.session}`,
        'content-type': 'application/json',
      };
      const request =
        method === 'POST'
          ? new Request('http://postern.test/graphql', {
              method,
              headers,
              body: JSON.stringify({ query, variables }),
            })
          : new Request(`http://postern.test/graphql?${search}`, { headers });
      const response = await postern.fetch(request);
      expect(response.status).toBe(400);
      const { errors, data } = (await response.json()) as Pick<Answer, 'errors'> & { data?: unknown };
      expect(data).toBeUndefined();
      expect(errors[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
      expect((await post(query, { n: 10 })).errors).toEqual([]);
    },
  );

  test('returns a bounded number of errors', async () => {
    const lists = aliased(28, 'derived(first: 1) { totalCount }');
    const response = await post(`{ tokens(first: 70) { nodes { ${lists} } } }`);
    expect(response.data.tokens.nodes).toHaveLength(TOKENS);
    expect(codesOf(response)).toEqual(['LIMIT_REACHED']);
    expect(response.errors).toHaveLength(101);
    expect(response.errors.at(-1)?.message).toMatch(/^\d+ more errors were omitted\.$/);
  });

  test('with a check for each of many workspaces is charged for each check', async () => {
    const checks = Array.from({ length: 100 }, () => ({ operation: 'READ', entityType: 'repository' }));
    const fields = aliased(25, 'canAll(checks: $checks) { allowed }');
    const response = await post(`query ($checks: [CheckInput!]!) { viewer { ${fields} } }`, { checks });
    expect(codesOf(response)).toEqual(['LIMIT_REACHED']);
  });

  test('gives each check of a registered type, which can read a thousand workspaces, a turn of its own', async () => {
    const checks = aliased(28, 'can(entityType: "repository", operation: READ) { allowed }');
    expect(await turnsUntil(post(`{ viewer { ${checks} } }`))).toBeGreaterThanOrEqual(28);
  });

  test('can introspect the schema once or twice, not twenty times', async () => {
    const type = 'type { name ofType { name ofType { name ofType { name } } } }';
    const schemas = `__schema { types { name description fields { name description args { name ${type} } ${type} } } }`;
    expect((await post(`{ ${aliased(2, schemas)} }`)).errors).toEqual([]);
    expect(await post(`{ ${aliased(20, schemas)} }`)).toMatchObject({
      status: 400,
      code: 'QUERY_TOO_COMPLEX',
    });
  });

  test('can follow a stream only if its events are small', async () => {
    const query = `subscription ($id: ID!) { channelMessages(channelId: $id) { ${aliased(6, 'payload')} } }`;
    expect(await post(query, { id: channelId })).toMatchObject({ status: 400, code: 'QUERY_TOO_COMPLEX' });
  });
});

test('a mutation whose payload exceeds the budget changes nothing', async () => {
  const channels =
    'channels(first: 100) { nodes { messages(first: 100) { nodes { id publisher { id } } } } }';
  const query = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { workspace { ${channels} } } } }`;
  const response = await post(query, { input: { workspaceId: postern.workspaceId, name: 'too much' } });
  expect(response.data).toEqual({ createChannel: null });
  expect(codesOf(response)).toEqual(['LIMIT_REACHED']);
  const { data } = await post('{ channels { nodes { name } } }');
  expect(data.channels.nodes).toEqual([{ name: 'news' }]);
});

test('the documents of the console are within the budget, with pages of 100 rows', () => {
  const files = readdirSync('web/src', { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => readFileSync(`web/src/${file}`, 'utf8'));
  const document = parse(texts.join('\n'));
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  expect(operations.length).toBeGreaterThan(20);
  for (const operation of operations) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const variables = { first: 100, last: 100, checks: Array(100).fill({}) };
    expect(
      () => requireAffordable(schema, document, operation, variables),
      operation.name?.value,
    ).not.toThrow();
  }
});
