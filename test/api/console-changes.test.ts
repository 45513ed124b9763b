import { readdirSync, readFileSync } from 'node:fs';
import { type DocumentNode, parse, print, separateOperations } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHANGES, typesChanged, typesRead } from '../../web/src/api/changes.ts';
import { QUERY_TYPES } from '../../web/src/generated/query-types.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';

const ISSUER = 'https://kubernetes.default.svc';
const CHECKS = [{ entityType: 'channel', operation: 'READ' }];

/** Queries whose answer a page uses once. */
const ASKED_ONCE = ['DeviceRequest', 'ScopesForDocument', 'TokenPolicyImpact'];

/** Returns the operations of the console by name, each with its fragments. */
function readOperations(): Readonly<Record<string, DocumentNode>> {
  const folder = new URL('../../web/src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.graphql'),
  );
  const texts = files.map((file) => readFileSync(new URL(file, folder), 'utf8'));
  return separateOperations(parse(texts.join('\n')));
}

/** A workspace of one person, with one of everything that the listed mutations change. */
interface Scene {
  readonly person: Person;
  readonly workspaceId: string;
  readonly token: string;
  readonly scope: string;
  readonly workspaceToken: string;
  readonly channel: string;
  readonly guest: Person;
  readonly invitation: string;
  readonly session: string;
  readonly federation: string;
  run(name: string, variables?: object): Promise<Record<string, any>>;
}

const operations = readOperations();
let postern: TestApp;
let scenes = 0;
beforeAll(async () => {
  postern = await startTestApp({
    POSTERN_PUBLIC_URL: 'https://postern.test',
    POSTERN_FEDERATION: 'ci',
    POSTERN_FEDERATION_CI_ISSUER: ISSUER,
  });
});
afterAll(() => postern.close());

/** Returns a function that sends an operation of the console, and throws if it is refused. */
function runner({ session }: Person): Scene['run'] {
  return async (name, variables = {}) => {
    const document = operations[name];
    if (!document) throw new Error(`the console has no operation ${name}`);
    const { data, errors } = await postern.post(print(document), variables, session);
    if (errors.length > 0) throw new Error(`${name}: ${JSON.stringify(errors)}`);
    return data;
  };
}

function federation(workspaceId: string, name: string) {
  const claims = [{ name: 'sub', value: `system:serviceaccount:shop:${name}` }];
  return { workspaceId, name, issuer: ISSUER, claims, role: 'VIEWER', maxLifetime: 'PT5M', singleUse: false };
}

const invoices = (workspaceId: string, operations: readonly string[]) => ({
  workspaceId,
  name: 'invoice',
  operations: operations.map((name) => ({ name })),
});

async function createTokens(run: Scene['run'], workspaceId: string) {
  const scopes = [{ entityType: 'invoice', workspaceId, operations: ['READ'] }];
  const own = await run('CreateToken', { input: { name: 'CI', access: 'SCOPED', scopes } });
  const token = own.createToken.token.id;
  await run('RegenerateToken', { input: { id: token, overlap: 'P1D' } });
  const shared = await run('CreateWorkspaceToken', {
    input: { workspaceId, name: 'Bot', role: 'TEAM_MEMBER', access: 'ROLE' },
  });
  const { token: found } = await run('Token', { id: token });
  return { token, scope: found.scopes[0].id, workspaceToken: shared.createWorkspaceToken.token.id };
}

async function setScene(): Promise<Scene> {
  scenes += 1;
  const person = await postern.person(`Ada${scenes}`);
  const guest = await postern.person(`Guest${scenes}`);
  const workspaceId = await postern.workspace(`Acme${scenes}`, [[person, 'OWNER']]);
  await postern.signIn(person.email);
  const run = runner(person);
  await run('RegisterEntityType', { input: invoices(workspaceId, ['READ']) });
  const tokens = await createTokens(run, workspaceId);
  const { createChannel } = await run('CreateChannel', { input: { workspaceId, name: 'News' } });
  const channel = createChannel.channel.id;
  await run('PublishMessage', { input: { channelId: channel, payload: 'first' } });
  await run('ShareChannel', { input: { id: channel, email: guest.email, operations: ['READ'] } });
  await run('InviteMember', {
    input: { workspaceId, email: `invited${scenes}@example.com`, role: 'VIEWER' },
  });
  const { createFederation } = await run('CreateFederation', { input: federation(workspaceId, 'deploy') });
  const { workspace } = await run('Invitations', { id: workspaceId });
  const { viewer } = await run('Sessions');
  const other = viewer.sessions.find(({ current }: { current: boolean }) => !current);
  const ids = { channel, invitation: workspace.invitations[0].id, session: other.id };
  return { person, workspaceId, ...tokens, ...ids, guest, federation: createFederation.federation.id, run };
}

/** The variables of each query that a page sends again. */
function queriesOf({ person, workspaceId, token, workspaceToken, channel }: Scene): Record<string, object[]> {
  const workspace = [{ id: workspaceId }];
  const both = [{ id: token }, { id: workspaceToken }];
  return {
    AccountLog: [{}],
    Channel: [{ id: channel, checks: CHECKS }],
    Channels: workspace,
    EntityTypes: workspace,
    Federations: workspace,
    GroupRoles: workspace,
    Identities: [{}],
    Invitations: workspace,
    Me: [{}],
    Members: workspace,
    ScopeTargets: [{}],
    Sessions: [{}],
    SharedChannels: [{}],
    SignInOptions: [{}],
    Token: both,
    TokenAbilities: both.map((each) => ({ ...each, checks: CHECKS })),
    TokenHistory: both,
    Tokens: [{}],
    TokensCreatedBy: [{ workspaceId, userId: person.id }],
    Workspace: workspace,
    WorkspaceLog: workspace,
    WorkspaceScopeTargets: workspace,
    Workspaces: [{}],
    WorkspaceTokens: workspace,
  };
}

/** Every request changes these, some seconds later. */
const LAST_USE = /^lastUsed/;

/** Returns the results of all queries, each as text, by the name of the query. */
async function readAll(scene: Scene): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [name, variables] of Object.entries(queriesOf(scene))) {
    const data = [];
    for (const each of variables) data.push(await scene.run(name, each));
    results[name] = JSON.stringify(data, (key, value) => (LAST_USE.test(key) ? undefined : value));
  }
  return results;
}

const input = (input: object) => ({ input });

/** The variables of each listed mutation. */
const RECIPES: Readonly<Record<string, (scene: Scene) => object>> = {
  AddTokenScopes: ({ token }) =>
    input({ id: token, scopes: [{ entityType: 'channel', operations: ['READ'] }] }),
  CreateChannel: ({ workspaceId }) => input({ workspaceId, name: 'More news' }),
  CreateFederation: ({ workspaceId }) => input(federation(workspaceId, 'report')),
  CreateToken: () => input({ name: 'Another' }),
  CreateWorkspaceToken: ({ workspaceId }) =>
    input({ workspaceId, name: 'Another', role: 'VIEWER', access: 'ROLE' }),
  DeleteAllTokens: () => ({}),
  DeleteChannel: ({ channel }) => ({ id: channel }),
  DeleteFederation: (scene) => ({ id: scene.federation }),
  DeleteToken: ({ token }) => ({ id: token }),
  DisableToken: ({ workspaceToken }) => ({ id: workspaceToken }),
  EnableToken: ({ token }) => ({ id: token }),
  EndTokenOverlap: ({ token }) => ({ id: token }),
  InviteMember: ({ workspaceId }) => input({ workspaceId, email: 'new@example.com', role: 'VIEWER' }),
  PublishMessage: ({ channel }) => input({ channelId: channel, payload: 'second' }),
  Reauthenticate: ({ person }) => input({ password: person.password }),
  RegenerateToken: ({ workspaceToken }) => input({ id: workspaceToken }),
  RegisterEntityType: ({ workspaceId }) => input(invoices(workspaceId, ['LIST'])),
  RemoveAllTokenScopes: ({ token }) => ({ id: token }),
  RemoveTokenScopes: ({ token, scope }) => input({ id: token, scopeIds: [scope] }),
  RevokeInvitation: ({ workspaceId, invitation }) => input({ workspaceId, id: invitation }),
  RevokeOtherSessions: () => ({}),
  RevokeSession: ({ session }) => ({ id: session }),
  RevokeToken: ({ token }) => ({ id: token }),
  ShareChannel: ({ channel, guest }) => input({ id: channel, email: guest.email, operations: ['PUBLISH'] }),
  UnregisterEntityType: ({ workspaceId }) => input({ workspaceId, name: 'invoice' }),
  UnshareChannel: ({ channel, guest }) => input({ id: channel, userId: guest.id }),
  UpdateChannel: ({ channel }) => input({ id: channel, name: 'Old news' }),
  UpdateFederation: (scene) => input({ id: scene.federation, role: 'TEAM_MEMBER' }),
  UpdateToken: ({ token }) => input({ id: token, access: 'FULL' }),
};

/** What has to come first. */
const BEFORE: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  EnableToken: ({ run, token }) => run('DisableToken', { id: token }),
};

const isSentAgain = (query: string, mutation: string) =>
  typesRead(query).some((type) => typesChanged(mutation).includes(type));

test.each(Object.keys(CHANGES))('the console reads again what %s changes', async (mutation) => {
  const scene = await setScene();
  await BEFORE[mutation]?.(scene);
  const before = await readAll(scene);
  await scene.run(mutation, RECIPES[mutation]?.(scene));
  const after = await readAll(scene);
  const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
  expect(changed).not.toEqual([]);
  expect(changed.filter((name) => !isSentAgain(name, mutation))).toEqual([]);
});

test('every query that a page sends again is compared', async () => {
  const compared = Object.keys(queriesOf(await setScene()));
  expect([...compared, ...ASKED_ONCE].sort()).toEqual(Object.keys(QUERY_TYPES).sort());
});

test('a mutation that is not listed changes everything, and a listed one not the name of the user', () => {
  expect(Object.keys(QUERY_TYPES).every((query) => isSentAgain(query, 'UpdateMemberRole'))).toBe(true);
  expect(isSentAgain('Me', 'CreateToken')).toBe(false);
});
