import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { startWire, type TestWire } from '../support/http.ts';

const MARK = 'sesame';
const TYPE_FIELDS = ['name', 'kind', 'description', 'specifiedByURL', '__typename'];
const SECRET = composeSecret('PERSONAL', new Uint8Array(32).fill(7));

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly data: unknown;
  readonly codes: string[];
  readonly messages: string[];
}

async function send(query: string, variables?: object, accept = 'application/json'): Promise<Reply> {
  const response = await wire.post({ query, variables }, { Accept: accept });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text);
  return {
    status: response.status,
    text,
    data,
    codes: errors.map((error: { extensions: { code: string } }) => error.extensions.code),
    messages: errors.map((error: { message: string }) => error.message),
  };
}

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(' ');
const nested = (depth: number) =>
  `{ __type(name: "Token") ${'{ ofType '.repeat(depth - 2)} { name } ${'}'.repeat(depth - 2)} }`;

describe('a document within the limits is executed', () => {
  test.each([
    ['15 levels', nested(15)],
    ['30 aliases', `{ __type(name: "Token") { ${times(30, (i) => `a${i}: name`)} } }`],
    ['20 root fields', `{ ${times(20, () => '__typename')} }`],
    ['50 directives', `{ __type(name: "Token") { ${times(50, () => 'name @include(if: true)')} } }`],
    [
      '1000 tokens',
      `{ __type(name: "Token") { ${times(990, (i) => TYPE_FIELDS[i % TYPE_FIELDS.length] ?? '')} } }`,
    ],
    [
      'a fragment of many fields',
      `{ __schema { types { ...F } } } fragment F on __Type { ${times(25, () => 'name')} }`,
    ],
  ])('with %s', async (_, query) => {
    const { codes, data } = await send(query);
    expect(codes).toEqual([]);
    expect(data).toBeTruthy();
  });

  test('also the introspection query of GraphiQL', async () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect((await send(query)).codes).toEqual([]);
  });
});

describe('a document beyond the limits is refused', () => {
  const doubling = times(30, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
  test.each([
    ['16 levels', nested(16)],
    [
      '16 levels through fragments',
      `{ __schema { ...A } } fragment A on __Schema { types { ...B } } fragment B on __Type ${'{ ofType '.repeat(14)}{ nope }${'}'.repeat(14)}`,
    ],
    ['31 aliases', `{ ${times(31, (i) => `a${i}: nope`)} }`],
    [
      '31 aliases through one fragment spread often',
      `{ ...F ...F ...F ...F } fragment F on Query { ${times(8, (i) => `a${i}: nope`)} }`,
    ],
    [
      'aliases that double at each of 30 fragments',
      `{ ...F0 } ${doubling} fragment F30 on Query { a: nope }`,
    ],
    ['21 root fields', `{ ${times(21, () => 'nope')} }`],
    [
      '21 root fields through fragments',
      `{ ...F ... on Query { ...F nope } } fragment F on Query { ${times(10, () => 'nope')} }`,
    ],
    ['51 directives', `{ nope ${times(51, () => '@nope')} }`],
    ['51 directives on the operation', `query ${times(51, () => '@nope')} { nope }`],
    ['1001 tokens', `{ ${times(999, () => 'nope')} }`],
    ['hundreds of fields of one name', `{ __type(name: "Token") { ${times(900, () => 'name')} } }`],
    ['thousands of nested lists', `{ nope(a: ${'['.repeat(20_000)}) }`],
  ])('for %s', async (_, query) => {
    const { status, codes } = await send(query);
    expect([status, codes]).toEqual([400, ['QUERY_TOO_COMPLEX']]);
  });

  test('regardless of which operation is requested', async () => {
    const query = `query Small { __typename } query Large { ${times(21, () => '__typename')} }`;
    const response = await wire.post({ query, operationName: 'Small' });
    expect(response.status).toBe(400);
  });
});

test('recursive fragments are refused, without an endless loop', async () => {
  for (const query of [
    '{ ...A } fragment A on Query { ...A }',
    '{ ...A } fragment A on Query { ...B __typename } fragment B on Query { ...A }',
  ]) {
    expect((await send(query)).codes).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  }
});

describe('errors in a document are described without repeating its values', () => {
  test.each([
    `{ viewer "${MARK}" }`,
    `{ viewer(a: """${MARK}""" b) }`,
    `{ viewer(a: "${MARK}`,
    `${MARK} { viewer }`,
    `{ viewer @ ${MARK}`,
    `{ viewer(a: "\\x${MARK}") }`,
  ])('for syntax: %s', async (query) => {
    const { status, codes, text, data } = await send(query);
    expect([status, codes, data]).toEqual([200, ['GRAPHQL_PARSE_FAILED'], undefined]);
    expect(text).not.toContain(MARK);
  });

  test.each([
    [`{ tokens(first: "${MARK}") { totalCount } }`, 'Expected a value of type "Int".'],
    [`{ tokens(filter: { status: ${MARK} }) { totalCount } }`, 'Expected a value of type "[TokenStatus!]".'],
    [
      `{ tokens(filter: { expiresBefore: "${MARK}" }) { totalCount } }`,
      'Expected a value of type "DateTime".',
    ],
    [`{ tokens(filter: "${MARK}") { totalCount } }`, 'Expected a value of type "TokenFilter".'],
    [
      'mutation { createToken(input: {}) { secret } }',
      'Field "CreateTokenInput.name" of required type "String!" was not provided.',
    ],
    [
      '{ tokens(filter: { sttus: ACTIVE }) { totalCount } }',
      'Field "sttus" is not defined by type "TokenFilter". Did you mean "status"?',
    ],
    ['{ vewer { kind } }', 'Cannot query field "vewer" on type "Query". Did you mean "viewer"?'],
    [`{ ${SECRET} }`, 'Cannot query field "…" on type "Query".'],
  ])('for validation: %s', async (query, message) => {
    const { status, codes, messages, text } = await send(query);
    expect([status, codes]).toEqual([200, ['GRAPHQL_VALIDATION_FAILED']]);
    expect(messages).toEqual([message]);
    expect(text).not.toContain(MARK);
  });

  const create = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret } }';
  test.each([
    [
      'query ($n: Int) { tokens(first: $n) { totalCount } }',
      { n: MARK },
      'Variable "$n": the value does not fit its type.',
    ],
    [
      'query ($id: ID!) { token(id: $id) { id } }',
      {},
      'Variable "$id" of required type "ID!" was not provided.',
    ],
    [
      'query ($id: ID!) { token(id: $id) { id } }',
      { id: null },
      'Variable "$id" of non-null type "ID!" must not be null.',
    ],
    [
      create,
      { input: { description: MARK } },
      'Variable "$input": Field "name" of required type "String!" was not provided.',
    ],
    [
      create,
      { input: { name: MARK, expires: { after: MARK } } },
      'Variable "$input.expires.after": the value does not fit its type.',
    ],
    [
      create,
      { input: { name: 'a', expires: { after: 'P1D', never: true } } },
      'Variable "$input.expires": Exactly one key must be specified for OneOf type "ExpiryInput".',
    ],
    [
      create,
      { input: { name: 'a', scopes: [MARK] } },
      'Variable "$input.scopes[0]": Expected type "TokenScopeInput".',
    ],
    [
      create,
      { input: { name: 'a', [`x ${SECRET}`]: 1 } },
      'Variable "$input": Field "x …" is not defined by type "CreateTokenInput".',
    ],
  ])('for variables: %s %j', async (query, variables, message) => {
    const { status, codes, messages, text, data } = await send(query, variables);
    expect([status, codes, data]).toEqual([200, ['BAD_VARIABLES'], undefined]);
    expect(messages).toEqual([message]);
    expect(text).not.toContain(MARK);
    expect(text).not.toContain(SECRET);
  });

  test('for an operation that does not exist', async () => {
    const response = await wire.post({ query: 'query A { __typename }', operationName: MARK });
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(text).toContain('BAD_REQUEST');
    expect(text).not.toContain(MARK);
  });

  test('with status 400 for clients that accept the media type of GraphQL', async () => {
    for (const query of ['{', '{ nope }', 'query ($id: ID!) { token(id: $id) { id } }']) {
      expect((await send(query, {}, 'application/graphql-response+json')).status).toBe(400);
    }
  });
});
