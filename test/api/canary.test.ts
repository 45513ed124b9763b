import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const WRONG_PASSWORD = 'Wr0ng-canary-of-a-pa55word';
const NEW_PASSWORD = 'N3w-canary-of-a-pa55word';
const SHORT_PASSWORD = 'sh0rt-cnry!';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

async function send(body: string, headers: Record<string, string> = {}, path = '/graphql'): Promise<string> {
  const request = new Request(`http://postern.test${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return (await postern.fetch(request)).text();
}

const post = (query: string, more: object = {}, headers?: Record<string, string>) =>
  send(JSON.stringify({ query, ...more }), headers);

/** Returns the content of the database: its rows and, for SQLite, every byte of the file, including deleted rows. */
async function databaseBytes(): Promise<string> {
  await postern.app.services.lastUse.flush();
  const { db } = postern.database;
  const tables = await db.introspection.getTables();
  const rows = await Promise.all(
    tables.map(({ name }) =>
      db
        .selectFrom(name as 'users')
        .selectAll()
        .execute(),
    ),
  );
  const { connection } = postern.database as { connection?: { serialize(): Buffer } };
  return JSON.stringify(rows) + (connection?.serialize().toString('latin1') ?? '');
}

async function expectNoTraceOf(...canaries: string[]): Promise<void> {
  const [logs, bytes] = [postern.logs.join(''), await databaseBytes()];
  // Proves that the search finds values that are stored.
  expect(logs).toContain('requestId');
  expect(bytes).toContain(postern.owner.email);
  expect(canaries.filter((canary) => logs.includes(canary))).toEqual([]);
  expect(canaries.filter((canary) => bytes.includes(canary))).toEqual([]);
}

/** Sends a secret in every part of a request that a client controls. */
async function sendEverywhere(secret: string): Promise<string[]> {
  const viewer = '{ viewer { kind } }';
  return [
    await post(viewer, {}, { authorization: `Bearer ${secret}` }),
    await post(viewer, {}, { authorization: `Basic ${secret}` }),
    await post(viewer, {}, { authorization: secret }),
    await post(viewer, {}, { cookie: `${postern.cookieName}=${secret}`, 'sec-fetch-site': 'same-origin' }),
    await post(
      viewer,
      {},
      { 'user-agent': secret, 'x-forwarded-for': secret, referer: `https://x.test/${secret}` },
    ),
    await post(
      viewer,
      {},
      { authorization: `Bearer ${postern.owner.session}`, 'user-agent': `curl ${secret}` },
    ),
    await post(`query Q_${secret} { viewer { kind } }`, { operationName: `Q_${secret}` }),
    await post(viewer, { operationName: secret, extensions: { [secret]: secret }, [secret]: secret }),
    await post(`{ ${secret} }`),
    await post(`{ viewer { ${secret}: kind } } # ${secret}`),
    await post(`{ token(id: "${secret}") { id } }`, {}, { authorization: `Bearer ${postern.owner.session}` }),
    await post(`{ tokens(first: "${secret}") { totalCount } }`),
    await post(
      `{ tokens(after: "${secret}") { totalCount } }`,
      {},
      { authorization: `Bearer ${postern.owner.session}` },
    ),
    await post('query ($id: ID!) { token(id: $id) { id } }', { variables: { id: { [secret]: secret } } }),
    await post('query ($n: Int!) { tokens(first: $n) { totalCount } }', { variables: { n: secret } }),
    await post(`query ($${secret}: ID!) { token(id: $${secret}) { id } }`, { variables: { [secret]: null } }),
    await post(viewer, { variables: secret }),
    await send(`{"query": "${secret}`),
    await send(`"${secret}"`),
    await send(JSON.stringify([{ query: secret }])),
    await send('{}', { 'content-type': secret }),
    await send('{}', {}, `/${secret}?${secret}=${secret}#${secret}`),
    await send('{}', {}, `/graphql?token=${secret}`),
  ];
}

/** Tries to store a secret as a name, an address or an id. */
async function offerAsValues(secret: string): Promise<void> {
  const { session } = postern.owner;
  const { workspaceId } = postern;
  const hidden = `${secret}\u200b`;
  await mutate(postern, 'createToken', { name: hidden, description: hidden }, session, '__typename');
  await mutate(
    postern,
    'createToken',
    {
      name: 'x',
      access: 'SCOPED',
      scopes: [{ entityType: 'channel', entityId: secret, operations: ['READ'] }],
    },
    session,
    '__typename',
  );
  await mutate(postern, 'createWorkspace', { name: hidden }, session, '__typename');
  await mutate(postern, 'createWorkspaceToken', { workspaceId: secret, name: 'x' }, session, '__typename');
  await mutate(
    postern,
    'inviteMember',
    { workspaceId, email: secret, role: 'VIEWER' },
    session,
    '__typename',
  );
  await mutate(
    postern,
    'acceptInvitation',
    { secret, name: hidden, password: SHORT_PASSWORD },
    null,
    '__typename',
  );
  await mutate(postern, 'resetPassword', { secret, newPassword: SHORT_PASSWORD }, null, '__typename');
  await mutate(postern, 'revokeSession', { id: secret }, session, '__typename');
  await mutate(postern, 'regenerateToken', { id: secret, overlap: secret }, session, '__typename');
}

test('no secret, valid, invalid or made up, appears in a log line, an audit row or a byte of the database', async () => {
  const { owner } = postern;
  const personal = await createPersonalToken(postern, owner.session);
  const ofWorkspace = await createWorkspaceToken(postern, 'OWNER');
  const renewed = await mutate(
    postern,
    'regenerateToken',
    { id: personal.id, overlap: 'PT1H' },
    owner.session,
    'secret',
  );
  const invitation = { workspaceId: postern.workspaceId, email: 'new@example.com', role: 'VIEWER' };
  const invited = await mutate(postern, 'inviteMember', invitation, owner.session, 'invitationSecret');
  const secrets = [
    personal.secret,
    ofWorkspace.secret,
    renewed.data.regenerateToken.secret,
    invited.data.inviteMember.invitationSecret,
    (await postern.app.services.passwordResets.createLink(owner.email, true)).secret,
    await postern.signIn(owner.email),
    ...(['PERSONAL', 'WORKSPACE', 'SESSION', 'INVITATION', 'RESET', 'DIRECTORY'] as const).map((kind) =>
      composeSecret(kind, randomBytes(32)),
    ),
  ];
  for (const secret of secrets) {
    await sendEverywhere(secret);
    await offerAsValues(secret);
  }
  // The first ten characters of a secret are stored as its preview.
  await expectNoTraceOf(...secrets.map((secret) => secret.slice(10)));
});

test('no response repeats a secret from the request, in any part of it', async () => {
  const secret = composeSecret('PERSONAL', randomBytes(32));
  const responses = await sendEverywhere(secret);
  expect(responses.filter((response) => response.includes(secret.slice(10)))).toEqual([]);
});

test('no password, right, wrong, new or too short, appears there either', async () => {
  const { owner } = postern;
  const passwords = [PASSWORD, WRONG_PASSWORD, NEW_PASSWORD, SHORT_PASSWORD];
  for (const password of passwords) {
    await mutate(postern, 'signIn', { email: owner.email, password }, null, '__typename');
    await mutate(postern, 'signIn', { email: 'unknown@example.com', password }, null, '__typename');
    await mutate(postern, 'signIn', { email: password, password }, null, '__typename');
    await mutate(
      postern,
      'signIn',
      { email: `${password.replaceAll(' ', '')}@example.com`, password: 'x' },
      null,
      '__typename',
    );
    await post(
      `mutation { signIn(input: { email: "${owner.email}", password: "${password}" }) { sessionToken } }`,
    );
    await post('mutation ($p: Int!) { signIn(input: { email: "a@b.c", password: $p }) { sessionToken } }', {
      variables: { p: password },
    });
    await send(`{"query": "mutation { signIn(input: { email: 1, password: \\"${password}\\" `);
  }
  const change = (currentPassword: string, newPassword: string) =>
    mutate(postern, 'changePassword', { currentPassword, newPassword }, owner.session, '__typename');
  await change(WRONG_PASSWORD, NEW_PASSWORD);
  await change(PASSWORD, SHORT_PASSWORD);
  const changed = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  const renewed = await mutate(postern, 'changePassword', changed, owner.session, 'sessionToken');
  const session: string = renewed.data.changePassword.sessionToken;
  const invitation = { workspaceId: postern.workspaceId, email: 'new@example.com', role: 'VIEWER' };
  const { data } = await mutate(postern, 'inviteMember', invitation, session, 'invitationSecret');
  const newcomer = { secret: data.inviteMember.invitationSecret, name: 'New', password: WRONG_PASSWORD };
  expect((await mutate(postern, 'acceptInvitation', newcomer, null, '__typename')).errors).toEqual([]);
  await expectNoTraceOf(...passwords, PASSWORD.replaceAll(' ', ''), session.slice(10));
});
