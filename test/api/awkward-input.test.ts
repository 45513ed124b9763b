import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { codeIn } from '../support/http.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
beforeAll(async () => {
  postern = await startTestApp();
  await createPersonalToken(postern, postern.owner.session, { name: 'nightly build' });
});
afterAll(() => postern.close());

const TOKENS = `query ($search: String, $after: String, $orderBy: TokenOrder) {
  tokens(filter: { search: $search }, after: $after, orderBy: $orderBy) { nodes { name } }
}`;

function tokens(variables: object) {
  return postern.post(TOKENS, variables, postern.owner.session);
}

// Databases differ in the length and the characters of the text that they accept.
describe('values that a database can fail on are rejected as bad input', () => {
  test.each([
    ['that is longer than every name', 'x'.repeat(60_000)],
    ['with a character that no name can have', 'night\u0000ly'],
  ])('a search %s', async (_what, search) => {
    const { errors } = await tokens({ search });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['filter', 'search'] }],
    });
  });

  test.each([
    ['key', ['NAME_ASC', 'a\u0000', 'b']],
    ['id', ['NAME_ASC', 'a', 'b\u0000']],
  ])('a forged cursor with %s', async (_part, place) => {
    const after = Buffer.from(JSON.stringify(place)).toString('base64url');
    const { code } = await tokens({ after, orderBy: { field: 'NAME', direction: 'ASC' } });
    expect(code).toBe('BAD_USER_INPUT');
  });
});

describe('a value of 128 KiB is rejected before a library matches it', () => {
  const zeros = '0'.repeat(100_000);
  const expires = (kind: string, type: string) =>
    `mutation ($value: ${type}!) { createToken(input: { name: "a", access: FULL, expires: { ${kind}: $value } }) { secret } }`;

  test.each([
    [expires('at', 'DateTime'), `2030-02-01T00:00:00.${zeros}Z`],
    [expires('after', 'Duration'), `P${zeros}30D`],
    [
      'mutation ($value: EmailAddress!) { signIn(input: { email: $value, password: "x" }) { sessionToken } }',
      `${zeros}@example.com`,
    ],
  ])('by %s', async (document, value) => {
    const { code } = await postern.post(document, { value }, postern.owner.session);
    expect(code).toBe('BAD_VARIABLES');
  });
});

test('a search finds names with any characters around it', async () => {
  const { data } = await tokens({ search: ' NIGHTLY ' });
  expect(data.tokens.nodes).toEqual([{ name: 'nightly build' }]);
});

test('a string that cannot be an entity type is treated as an unregistered type', async () => {
  const query = `operation=read&workspaceId=${postern.workspaceId}`;
  for (const entityType of ['a%00b', 'Repository', 'x'.repeat(51)]) {
    const request = new Request(`http://postern.test/verify?${query}&entityType=${entityType}`, {
      headers: { Authorization: `Bearer ${postern.owner.session}` },
    });
    const response = await postern.fetch(request);
    expect([response.status, await codeIn(response)]).toEqual([403, 'NOT_FOUND']);
  }
});
