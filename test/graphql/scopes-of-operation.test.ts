import { getOperationAST, Kind, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { type ScopeProposal, scopesOfOperation } from '../../src/graphql/scopes-of-operation.ts';

const [WORKSPACE, CHANNEL, TOKEN, USER] = (['Workspace', 'Channel', 'Token', 'User'] as const).map((type) =>
  toGlobalId(type, '01890a5d-7c2b-7f3e-8a4b-5c6d7e8f9a0b'),
) as [string, string, string, string];

function propose(text: string, variables: Record<string, unknown> = {}): ScopeProposal {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const fragments = Object.fromEntries(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const operation = getOperationAST(document);
  if (!operation) throw new Error('the document has no single operation');
  return scopesOfOperation({ schema, fragments }, operation, variables);
}

/** Returns the scopes as short texts: `channel:READ,LIST entity workspace`, with `*` for every one. */
function scopesOf(text: string, variables?: Record<string, unknown>): string[] {
  return propose(text, variables)
    .scopes.map(({ entityType, entityId, workspaceId, operations }) =>
      [`${entityType}:${operations}`, entityId ?? '*', workspaceId ?? '*'].join(' '),
    )
    .toSorted();
}

test.each<[string, string, Record<string, unknown>, string[]]>([
  ['no scope for the caller itself', '{ viewer { kind token { id name } } }', {}, []],
  ['an id of the document', `{ channel(id: "${CHANNEL}") { name } }`, {}, [`channel:READ ${CHANNEL} *`]],
  [
    'an id of a variable',
    'query ($id: ID!) { channel(id: $id) { messages { totalCount } } }',
    { id: CHANNEL },
    [`channel:READ ${CHANNEL} *`],
  ],
  ['a missing variable as all', 'query ($id: ID!) { channel(id: $id) { name } }', {}, ['channel:READ * *']],
  [
    'the default of a variable',
    `query ($id: ID! = "${CHANNEL}") { channel(id: $id) { name } }`,
    {},
    [`channel:READ ${CHANNEL} *`],
  ],
  [
    'a list below a known workspace as limited to it',
    `{ workspace(id: "${WORKSPACE}") { channels { nodes { messages { totalCount } } } } }`,
    {},
    [`channel:LIST,READ * ${WORKSPACE}`, `workspace:READ ${WORKSPACE} *`],
  ],
  [
    'a list with a workspace argument as limited to it',
    `{ channels(workspaceId: "${WORKSPACE}") { edges { node { workspace { members { totalCount } } } } } }`,
    {},
    [`channel:LIST * ${WORKSPACE}`, `workspace:READ ${WORKSPACE} *`],
  ],
  [
    'an unknown relation as all, which includes the one of the id',
    `{ channel(id: "${CHANNEL}") { workspace { channels { nodes { shares { operations } } } } } }`,
    {},
    ['channel:LIST,READ * *'],
  ],
  [
    'the type of an id for node',
    `{ node(id: "${CHANNEL}") { id ... on Channel { shares { operations } } ... on Workspace { members { totalCount } } } }`,
    {},
    [`channel:READ ${CHANNEL} *`],
  ],
  ['nothing for node with the id of a user', `{ node(id: "${USER}") { id } }`, {}, []],
  [
    'the selected types for node without an id',
    'query ($id: ID!) { node(id: $id) { ... on Channel { name } ... on Message { payload } } }',
    {},
    ['channel:READ * *'],
  ],
  [
    'every type for node without an id and types',
    'query ($id: ID!) { node(id: $id) { id } }',
    {},
    ['channel:READ * *', 'token:READ * *', 'workspace:READ * *'],
  ],
  [
    'fragments and aliases',
    `query { a: channel(id: "${CHANNEL}") { ...Rest } } fragment Rest on Channel { m: messages { nodes { id } } }`,
    {},
    [`channel:READ ${CHANNEL} *`],
  ],
  [
    'nothing for what a constant leaves out',
    '{ channels @skip(if: true) { totalCount } tokens @include(if: false) { totalCount } }',
    {},
    [],
  ],
  [
    'nothing for what a variable leaves out',
    'query ($all: Boolean!) { viewer { kind } channels @include(if: $all) { totalCount } }',
    { all: false },
    [],
  ],
  [
    'what an unknown variable could leave in',
    'query ($all: Boolean!) { channels @include(if: $all) { totalCount } }',
    {},
    ['channel:LIST * *'],
  ],
  [
    'a fragment that is left out in one place and selected in another',
    'query { ...Channels @skip(if: true) ...Channels } fragment Channels on Query { channels { totalCount } }',
    {},
    ['channel:LIST * *'],
  ],
  [
    'creation in a workspace and reading what is created',
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { messages { totalCount } } } }',
    { input: { workspaceId: WORKSPACE, name: 'news' } },
    [`channel:CREATE,READ * ${WORKSPACE}`],
  ],
  [
    'the operations that a share gives',
    'mutation ($input: ShareChannelInput!) { shareChannel(input: $input) { channel { id } } }',
    { input: { id: CHANNEL, email: 'bob@example.com', operations: ['READ', 'PUBLISH'] } },
    [`channel:PUBLISH,READ,SHARE ${CHANNEL} *`],
  ],
  [
    'the scopes that a derived token gets',
    `mutation { createToken(input: { name: "ci", access: SCOPED, scopes: [{ entityType: "channel", entityId: "${CHANNEL}", operations: [PUBLISH] }] }) { secret } }`,
    {},
    [`channel:PUBLISH ${CHANNEL} *`, 'token:CREATE * *'],
  ],
  [
    'what a mutation gives as single values instead of lists',
    `mutation { shareChannel(input: { id: "${CHANNEL}", email: "bob@example.com", operations: PUBLISH }) { channel { id } }
      createToken(input: { name: "ci", access: SCOPED, scopes: { entityType: "channel", operations: READ } }) { secret } }`,
    {},
    ['channel:READ * *', `channel:PUBLISH,SHARE ${CHANNEL} *`, 'token:CREATE * *'].toSorted(),
  ],
  [
    'an operation on a token',
    `mutation { disableToken(input: { id: "${TOKEN}" }) { token { derived { totalCount } } } }`,
    {},
    ['token:LIST * *', `token:UPDATE ${TOKEN} *`],
  ],
  [
    'a stream',
    `subscription { channelMessages(channelId: "${CHANNEL}") { payload } }`,
    {},
    [`channel:SUBSCRIBE ${CHANNEL} *`],
  ],
  [
    'nothing below what no personal token can see',
    '{ viewer { token { issuedBy { derived { totalCount } } workspace { channels { totalCount } } } } }',
    {},
    [],
  ],
  ['nothing for introspection', '{ __schema { types { name } } __typename }', {}, []],
])('proposes %s', (_what, text, variables, expected) => {
  expect(scopesOf(text, variables)).toEqual(expected);
  expect(propose(text, variables).obstacles).toEqual([]);
});

test('names the fields that refuse every personal token by their response keys, and proposes scopes for the rest', () => {
  const text = `query ($w: ID!) {
    viewer { all: sessions { id } }
    w: workspace(id: $w) { tokens { totalCount } channels { totalCount } }
    token(id: "${TOKEN}") { auditEvents { totalCount } }
  }`;
  expect(propose(text, { w: WORKSPACE }).obstacles).toEqual([
    { path: ['viewer', 'all'], reason: 'SESSION_REQUIRED' },
    { path: ['w', 'tokens'], reason: 'ROLE_GATED' },
    { path: ['token', 'auditEvents'], reason: 'SESSION_REQUIRED' },
  ]);
  expect(scopesOf(text, { w: WORKSPACE })).toEqual([
    `channel:LIST * ${WORKSPACE}`,
    `token:READ ${TOKEN} *`,
    `workspace:READ ${WORKSPACE} *`,
  ]);
});
