import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

const SEED = 20_301;
const PROPOSAL =
  'query ($document: String!, $variables: JSON) { scopesFor(document: $document, variables: $variables) { possible scopes { entityType operations entityId workspaceId } obstacles { path reason } } }';

interface Scope {
  readonly entityType: string;
  readonly operations: readonly string[];
  readonly entityId: string | null;
  readonly workspaceId: string | null;
}

interface Proposal {
  readonly possible: boolean;
  readonly scopes: readonly Scope[];
  readonly obstacles: readonly { readonly path: readonly string[]; readonly reason: string }[];
}

let postern: TestApp;
let ids: Record<'Workspace' | 'Channel' | 'Token' | 'Message', string>;
/** The token that runs the documents. A token derives from it, and another one from that. */
let token: IssuedToken;

async function run(query: string, variables: object, secret = postern.owner.session): Promise<Answer> {
  const answer = await postern.post(query, variables, secret);
  return answer;
}

async function change(field: string, input: object, selection: string): Promise<any> {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`;
  const { data, errors } = await run(query, { input });
  expect(errors).toEqual([]);
  return data[field];
}

async function setScopes(scopes: readonly Scope[]): Promise<void> {
  await change('updateToken', { id: token.id, scopes }, 'token { id }');
}

async function propose(document: string, variables: object = {}): Promise<Proposal> {
  const { data, errors } = await run(PROPOSAL, { document, variables });
  expect(errors).toEqual([]);
  return data.scopesFor;
}

/** Returns the scopes without one operation of one of them, for each operation. */
function withoutOne(scopes: readonly Scope[]): Scope[][] {
  return scopes.flatMap((scope) =>
    scope.operations.map((removed) => {
      const operations = scope.operations.filter((operation) => operation !== removed);
      const others = scopes.filter((other) => other !== scope);
      return operations.length === 0 ? others : [...others, { ...scope, operations }];
    }),
  );
}

beforeAll(async () => {
  postern = await startTestApp();
  const { workspaceId } = postern;
  const { channel } = await change('createChannel', { workspaceId, name: 'news' }, 'channel { id }');
  const { message } = await change(
    'publishMessage',
    { channelId: channel.id, payload: { n: 1 } },
    'message { id }',
  );
  const guest = await postern.person('guest');
  await change(
    'shareChannel',
    { id: channel.id, email: guest.email, operations: ['READ'] },
    'channel { id }',
  );
  const scopes = [{ entityType: 'token', operations: ['CREATE'] }];
  token = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
  const child = await createPersonalToken(postern, token.secret, { access: 'SCOPED', scopes });
  await createPersonalToken(postern, child.secret, { access: 'NONE' });
  ids = { Workspace: workspaceId, Channel: channel.id, Token: child.id, Message: message.id };
});
afterAll(() => postern.close());

/** Fields that change with the scopes of the token or with its use, or that answer what a token is allowed. */
const UNSTEADY =
  /^(?:scopes|updatedAt|lastUsed\w+|can|canAll|scopesFor|abilities|restrictions|obstacles|parent|sessions|signInOptions)$/;

/** A field that costs so much that a list of its parents exceeds the budget of an operation. */
const COSTLY = 'tokenPolicyImpact';

/** Generates queries of one root field, whose ids are in the database. */
function createQueries(random: Random): () => string {
  function argumentsOf({ name, args }: GraphQLField<unknown, unknown>): string {
    const byField: Record<string, string> = {
      workspace: ids.Workspace,
      channel: ids.Channel,
      token: ids.Token,
      node: random.pick(Object.values(ids)),
    };
    const id = args.some((argument) => argument.name === 'id') ? byField[name] : undefined;
    if (id !== undefined) return `(id: "${id}")`;
    const isInWorkspace = args.some((argument) => argument.name === 'workspaceId') && random.chance(0.5);
    return isInWorkspace ? `(workspaceId: "${ids.Workspace}")` : '';
  }

  function selectionOf(type: GraphQLObjectType, levels: number): string {
    const fields = Object.values(type.getFields()).filter(
      ({ name }) => name !== COSTLY && !UNSTEADY.test(name),
    );
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const composite = fields.filter((field) => !isLeafType(getNamedType(field.type)));
    const below = levels > 0 ? random.some(composite).slice(0, 2) : [];
    const parts = [
      ...random.some(leaves).map(({ name }) => name),
      ...below.map((f) => textOf(f, levels - 1)),
    ];
    const always = type.name.endsWith('Connection') ? 'totalCount' : '__typename';
    return `{ ${[always, ...parts].join(' ')} }`;
  }

  function textOf(field: GraphQLField<unknown, unknown>, levels: number): string {
    const type = getNamedType(field.type);
    const head = `${field.name}${argumentsOf(field)}`;
    if (isObjectType(type)) return `${head} ${selectionOf(type, levels)}`;
    if (!isInterfaceType(type)) return head;
    const types = schema.getPossibleTypes(type).filter(() => random.chance(0.5));
    return `${head} { id ${types.map((each) => `... on ${each.name} ${selectionOf(each, levels)}`).join(' ')} }`;
  }

  const roots = Object.values((schema.getQueryType() as GraphQLObjectType).getFields()).filter(
    ({ name, args }) =>
      !UNSTEADY.test(name) && args.every((arg) => arg.name !== 'userCode' && arg.name !== 'provider'),
  );
  return () => {
    for (;;) {
      const query = `{ ${textOf(random.pick(roots), random.below(5))} }`;
      // Fields of several types of a node can conflict.
      if (validate(schema, parse(query)).length === 0) return query;
    }
  };
}

/** The errors that refuse a caller, as their paths without list indexes. */
function refusalsOf({ errors }: Answer): string[] {
  return errors
    .filter(({ extensions }) => extensions.code === 'FORBIDDEN')
    .map(({ path = [] }) => path.filter((key) => typeof key === 'string').join('.'));
}

test(
  'a token with the proposed scopes runs a document except its obstacles, and with an operation less is refused or gets less',
  async () => {
    const query = createQueries(seededRandom(SEED));
    const counts = { scopes: 0, obstacles: 0 };
    const needless: object[] = [];
    for (let n = 0; n < testLength({ short: 20, ci: 40, full: 400 }); n += 1) {
      const document = query();
      const { scopes, obstacles, possible } = await propose(document);
      const blocked = obstacles.map(({ path }) => path.join('.'));
      await setScopes(scopes);
      const whole = await run(document, {}, token.secret);
      expect({ document, refused: refusalsOf(whole).filter((path) => !blocked.includes(path)) }).toEqual({
        document,
        refused: [],
      });
      expect(possible).toBe(obstacles.length === 0);
      counts.obstacles += obstacles.length;
      // A refused field can remove everything above it, so that nothing is left to become less.
      for (const fewer of possible ? withoutOne(scopes) : []) {
        await setScopes(fewer);
        const { data, errors } = await run(document, {}, token.secret);
        const isLess =
          JSON.stringify([data, errors.length]) !== JSON.stringify([whole.data, whole.errors.length]);
        if (!isLess) needless.push({ document, scopes, fewer });
        counts.scopes += 1;
      }
    }
    expect(needless).toEqual([]);
    expect(counts.scopes).toBeGreaterThan(testLength({ short: 10, ci: 20, full: 200 }));
    expect(counts.obstacles).toBeGreaterThan(testLength({ short: 2, ci: 5, full: 50 }));
  },
  testLength({ short: 120_000, full: 600_000 }),
);

test.each<[string, () => object]>([
  ['createChannel', () => ({ workspaceId: ids.Workspace, name: 'new' })],
  ['updateChannel', () => ({ id: ids.Channel, name: 'renamed' })],
  ['publishMessage', () => ({ channelId: ids.Channel, payload: 1 })],
  ['shareChannel', () => ({ id: ids.Channel, email: 'guest@example.com', operations: ['READ', 'PUBLISH'] })],
  [
    'createToken',
    () => ({
      name: 'derived',
      access: 'SCOPED',
      scopes: [{ entityType: 'channel', entityId: ids.Channel, operations: ['READ', 'LIST'] }],
    }),
  ],
  ['updateToken', () => ({ id: ids.Token, name: 'renamed' })],
  ['disableToken', () => ({ id: ids.Token })],
  ['enableToken', () => ({ id: ids.Token })],
  ['deleteChannel', () => ({ id: ids.Channel })],
])(
  'a token with the proposed scopes can call %s, and with an operation less is refused',
  async (field, input) => {
    const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
    const document = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`;
    const variables = { input: input() };
    const { scopes, possible } = await propose(document, variables);
    expect(possible).toBe(true);
    for (const fewer of withoutOne(scopes)) {
      await setScopes(fewer);
      expect((await run(document, variables, token.secret)).code).toBe('FORBIDDEN');
    }
    await setScopes(scopes);
    expect((await run(document, variables, token.secret)).errors).toEqual([]);
  },
);

test.each<[string, string, object, string]>([
  ['a syntax error', '{ viewer { ', {}, 'BAD_USER_INPUT'],
  ['an unknown field', '{ nothing }', {}, 'BAD_USER_INPUT'],
  [
    'several operations without a name',
    'query A { viewer { kind } } query B { viewer { kind } }',
    {},
    'BAD_USER_INPUT',
  ],
  ['variables that are no object', '{ viewer { kind } }', { variables: [1] }, 'BAD_USER_INPUT'],
  [
    'a document above the limits',
    `{ ${Array.from({ length: 21 }, (_, n) => `a${n}: viewer { kind }`).join(' ')} }`,
    {},
    'QUERY_TOO_COMPLEX',
  ],
  ['a document of too many tokens', `{ viewer { ${'kind '.repeat(1000)} } }`, {}, 'QUERY_TOO_COMPLEX'],
])('%s has a clear error', async (_what, document, more, code) => {
  expect((await run(PROPOSAL, { document, ...more })).code).toBe(code);
});

test('the error of an invalid document names the problem, and no value of the document', async () => {
  const issueOf = async (document: string) =>
    (await run(PROPOSAL, { document })).errors[0]?.extensions.issues[0];
  expect(await issueOf('{ nothing }')).toEqual({
    path: ['document'],
    message: 'Cannot query field "nothing" on type "Query".',
  });
  const syntax = await issueOf('{ channel(id: "secret" "value") { id } }');
  expect(syntax.message).toMatch(/^Syntax Error: Expected/);
  expect(syntax.message).not.toContain('value');
});

test('an anonymous caller is refused, and a token without scopes is not', async () => {
  const variables = { document: '{ channels { totalCount } }' };
  expect((await postern.post(PROPOSAL, variables)).code).toBe('UNAUTHENTICATED');
  await setScopes([]);
  expect((await run(PROPOSAL, variables, token.secret)).data.scopesFor.scopes).toHaveLength(1);
});
