import { type GraphQLField, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const tokenType = schema.getType('Token');
if (!isObjectType(tokenType)) throw new Error('Token is not an object type');

type Field = GraphQLField<unknown, unknown>;

/** The fields of a token without required arguments, with a selection of each. */
const SELECTIONS = ['__typename'].concat(
  Object.values(tokenType.getFields()).flatMap(({ name, args, type }: Field) => {
    if (args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return [];
    return [isLeafType(innermost(type)) ? name : `${name} { __typename }`];
  }),
);

function innermost(type: Field['type']): Field['type'] {
  return 'ofType' in type ? innermost(type.ofType as Field['type']) : type;
}

async function ask(query: string, secret: string) {
  const { data, errors } = await postern.post(query, { id: postern.workspaceId }, secret);
  return { data, errors: errors.map(({ message, extensions }) => ({ message, code: extensions.code })) };
}

/** A list, with the selection of its tokens, and the tokens in its response. */
interface List {
  readonly query: (selection: string) => string;
  readonly nodesOf: (data: any) => unknown[];
}

const LISTS: Record<string, List> = {
  nodes: {
    query: (selection) => `{ tokens(first: 5) { nodes { ${selection} } } }`,
    nodesOf: (data) => data.tokens.nodes,
  },
  edges: {
    query: (selection) =>
      `{ tokens(first: 5) { edges { cursor node { ... on Node { id } ${selection} } } } }`,
    nodesOf: (data) => data.tokens.edges.map(({ node: { id: _id, ...node } }: any) => node),
  },
  'a fragment on a list of a workspace': {
    query: (selection) => `query ($id: ID!) { workspace(id: $id) { tokens(first: 5) { ...Page } } }
      fragment Page on TokenConnection { nodes { ...Part } } fragment Part on Token { ${selection} }`,
    nodesOf: (data) => data.workspace.tokens.nodes,
  },
};

/** Creates personal and workspace tokens that have a value in most fields, and returns a caller that has used its token. */
async function fillLists(): Promise<string> {
  const { session } = postern.owner;
  const scopes = ['CREATE', 'READ', 'LIST'].map((operation) => ({
    entityType: 'token',
    operations: [operation],
  }));
  const parent = await createPersonalToken(postern, session, {
    access: 'SCOPED',
    scopes: [...scopes, { entityType: 'workspace', operations: ['READ'] }],
    description: 'All of it',
    expires: { after: 'P1D' },
    limits: { uses: 1000 },
  });
  const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes });
  await createWorkspaceToken(postern, 'TEAM_MEMBER');
  const disable = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { id } } }';
  expect((await postern.post(disable, { id: child.id }, session)).errors).toEqual([]);
  return session;
}

test.each(Object.entries(LISTS))('a field that is selected alone in %s has its value', async (_, list) => {
  const caller = await fillLists();
  const { description: _text, ...others } = Object.fromEntries(SELECTIONS.map((text) => [text, text]));
  for (const selection of Object.values(others)) {
    const alone = await ask(list.query(selection), caller);
    // With a detail, the whole tokens are read.
    const whole = await ask(list.query(`${selection} description`), caller);
    const expected = list.nodesOf(whole.data).map(({ description: _, ...node }: any) => node);
    expect({ selection, errors: alone.errors }).toEqual({ selection, errors: [] });
    expect({ selection, nodes: list.nodesOf(alone.data) }).toEqual({ selection, nodes: expected });
    expect(expected.length).toBeGreaterThan(0);
  }
});

test('all fields of an outline together have the values of whole tokens', async () => {
  const caller = await fillLists();
  const all =
    'id identifier kind name maskedSecret access role status createdAt expiresAt disabledAt revokedAt lastUsedAt';
  const { data, errors } = await ask(`{ tokens { nodes { ${all} owner { id } workspace { id } } } }`, caller);
  expect(errors).toEqual([]);
  const whole = await ask(
    `{ tokens { nodes { ${all} owner { id } workspace { id } parent { id } } } }`,
    caller,
  );
  expect(data.tokens.nodes).toEqual(whole.data.tokens.nodes.map(({ parent: _, ...node }: any) => node));
});

test('a detail under the name of a field of an outline has its value', async () => {
  const caller = await fillLists();
  const { data, errors } = await ask('{ tokens { nodes { name: description } } }', caller);
  expect(errors).toEqual([]);
  const found = data.tokens.nodes.map(({ name }: any) => name);
  expect(found.sort()).toEqual(['All of it', null].sort());
});
