import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { holderOf } from '../../src/domain/principal.ts';
import { createContext } from '../../src/graphql/context.ts';
import { schema } from '../../src/graphql/schema.ts';
import { type Call, createCall } from '../../src/http/graphql/call.ts';
import { createDocuments } from '../../src/http/graphql/documents.ts';
import { createFastPath } from '../../src/http/graphql/fast-path.ts';
import { createGraphQLServer } from '../../src/http/graphql/yoga.ts';
import type { HttpRequest, HttpResponse } from '../../src/http/message/message.ts';
import { createRequestContext, logFieldsOf } from '../../src/http/request-context.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { MaybePromise } from '../../src/platform/maybe-promise.ts';
import type { Credential } from '../../src/services/access/caller.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { toHttpRequest } from '../support/fetch.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

type Params = Call['graphqlParams'];
type Way = (request: HttpRequest, call: Call) => MaybePromise<HttpResponse | null>;

const documents = createDocuments(schema);

let postern: TestApp;
let ada: Person;
let token: IssuedToken;
let ways: { fastPath: Way; yoga: Way };

beforeAll(async () => {
  postern = await startTestApp();
  ada = await postern.person('Ada');
  const scopes = [{ entityType: 'token', operations: ['READ', 'LIST'] }];
  token = await createPersonalToken(postern, ada.session, { access: 'SCOPED', scopes });
  const parts = {
    schema,
    createContext: (server: Call['server'], certain: number) =>
      createContext(postern.app.services, server, certain),
    logger: createLogger('silent'),
  };
  ways = { fastPath: createFastPath(parts), yoga: createGraphQLServer(parts) };
});
afterAll(() => postern.close());

/** Sends an operation through one path; returns the response and its log line. */
async function send(way: Way, params: Params, accept: string | null, secret: string | null) {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...(accept && { accept }) };
  const request = toHttpRequest(new Request('http://postern.test/graphql', { method: 'POST', headers }));
  const requestContext = createRequestContext('the-request', '192.0.2.1');
  const kind = secret?.startsWith('ses_') ? 'SESSION' : 'PERSONAL';
  const credential: Credential | null = secret ? { kind, digest: digestOf(secret), source: 'bearer' } : null;
  const principal = await postern.app.services.authentication.identifyCaller({ credential, address: null });
  requestContext.principal = principal;
  const caller = {
    credential,
    holder: holderOf(principal),
    address: '192.0.2.1',
    userAgent: null,
    requestId: requestContext.requestId,
  };
  const readOperation = () => expect.unreachable();
  const server = {
    caller,
    principal,
    signal: () => request.signal,
    setSession: () => {},
    signInDigest: () => null,
    readOperation,
  };
  const response = await way(
    request,
    createCall({ documents, schema }, request, { graphqlParams: params, server, requestContext }),
  );
  return (
    response && {
      status: response.status,
      type: response.headers['content-type'],
      body: response.body,
      log: { ...logFieldsOf(requestContext), codes: requestContext.codes },
    }
  );
}

/** Operations that use the fast path, by the feature that each one contains. */
const SHORT: Record<string, () => Params> = {
  'a field': () => ({ query: '{ viewer { kind } }' }),
  'no field but the type': () => ({ query: '{ __typename viewer { __typename } }' }),
  'aliases and fragments': () => ({
    query:
      'query A { a: viewer { ...F } b: viewer { k: kind ...F } } fragment F on Viewer { kind user { id email } }',
  }),
  'a list with every scalar': () => ({
    query:
      '{ tokens(first: 5) { totalCount nodes { id name createdAt expiresAt scopes { entityType operations } } pageInfo { hasNextPage endCursor } } }',
  }),
  'variables with defaults': () => ({
    query: 'query ($n: Int = 3, $s: String) { tokens(first: $n, filter: { search: $s }) { totalCount } }',
    variables: { s: 'nothing like it' },
  }),
  'one of several operations': () => ({
    query: 'query A { viewer { kind } } query B { viewer { user { email } } }',
    operationName: 'B',
  }),
  directives: () => ({
    query: 'query ($no: Boolean!) { viewer { kind @skip(if: $no) user @include(if: $no) { id } } }',
    variables: { no: true },
  }),
  introspection: () => ({
    query: '{ __schema { queryType { name } } __type(name: "Token") { fields { name } } }',
  }),
  'a thing that is absent': () => ({ query: `{ token(id: "tok_${'0'.repeat(32)}") { id } }` }),
  'a field that is refused beside others': () => ({
    query: '{ viewer { kind sessions { id } } audit: tokens(first: 1000) { totalCount } }',
  }),
  'a mutation that is refused': () => ({
    query: 'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { id } } }',
    variables: { id: `tok_${'0'.repeat(32)}` },
  }),
  'bad input at a field': () => ({ query: '{ tokens(first: -1) { totalCount } }' }),
};

/** Operations that the fast path passes to Yoga before it executes any part of them. */
const LONG: Record<string, () => Params> = {
  'a malformed document': () => ({ query: '{ viewer { ' }),
  'an invalid document': () => ({ query: '{ viewer { secret } }' }),
  'too large a document': () => ({ query: `{ ${'a: __typename '.repeat(400)} }` }),
  'variables that do not fit': () => ({
    query: 'query ($n: Int!) { tokens(first: $n) { totalCount } }',
    variables: { n: 'x' },
  }),
  'an operation that is not there': () => ({ query: 'query A { viewer { kind } }', operationName: 'B' }),
  'several operations, and none named': () => ({
    query: 'query A { viewer { kind } } query B { viewer { kind } }',
  }),
  'a subscription': () => ({
    query: `subscription { channelMessages(channelId: "chn_${'0'.repeat(32)}") { id } }`,
  }),
};

const ACCEPTED = [
  null,
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json, application/json',
  'application/graphql-response+json;q=0.5, application/json',
  'text/event-stream, */*;q=0.1',
];

describe.each(ACCEPTED)('for a client that accepts %s', (accept) => {
  test.each(Object.keys(SHORT))(
    'the fast path and Yoga give the same response to %s, to the byte',
    async (name) => {
      const params = (SHORT[name] as () => Params)();
      for (const secret of [null, token.secret, ada.session]) {
        const short = await send(ways.fastPath, params, accept, secret);
        expect(short).not.toBeNull();
        expect(short).toEqual(await send(ways.yoga, params, accept, secret));
      }
    },
  );
});

test.each(Object.keys(LONG))('%s is left to Yoga', async (name) => {
  const params = (LONG[name] as () => Params)();
  expect(await send(ways.fastPath, params, null, ada.session)).toBeNull();
  expect(await send(ways.yoga, params, null, ada.session)).not.toBeNull();
});

test('a request that accepts only an event stream is left to Yoga', async () => {
  const query = { query: '{ viewer { kind } }' };
  expect(await send(ways.fastPath, query, 'text/event-stream', ada.session)).toBeNull();
});

test('an operation that is left to Yoga because of its variables has changed nothing before', async () => {
  const before = await postern.database.db.selectFrom('audit_events').select('id').execute();
  const query =
    'mutation ($id: ID!, $role: Role!) { revokeToken(input: { id: $id }) { token { id } } updateMemberRole(input: { workspaceId: $id, userId: $id, role: $role }) { __typename } }';
  const params = { query, variables: { id: token.id, role: 'KING' } };
  expect(await send(ways.fastPath, params, null, ada.session)).toBeNull();
  expect((await send(ways.yoga, params, null, ada.session))?.log.codes).toEqual(['BAD_VARIABLES']);
  expect(await postern.database.db.selectFrom('audit_events').select('id').execute()).toEqual(before);
});

/** Counts the fetch `Request`s, which only Yoga needs, that Postern constructs to execute one query. */
async function countYogaRequests(setting: string): Promise<number> {
  const server = await startTestApp({ POSTERN_FAST_PATH: setting });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ __typename }' });
  const request = new Request('http://postern.test/graphql', { method: 'POST', headers, body });
  let count = 0;
  const construct = (target: typeof Request, args: ConstructorParameters<typeof Request>) => {
    count += 1;
    return new target(...args);
  };
  vi.stubGlobal('Request', new Proxy(Request, { construct }));
  try {
    const response = await server.fetch(request);
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    return count;
  } finally {
    vi.unstubAllGlobals();
    await server.close();
  }
}

test('POSTERN_FAST_PATH=off sends a plain query through Yoga, which otherwise uses the fast path', async () => {
  expect(await countYogaRequests('on')).toBe(0);
  expect(await countYogaRequests('off')).toBe(1);
});
