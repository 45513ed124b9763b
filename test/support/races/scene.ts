import { decodeGlobalId } from '../../../src/domain/global-id.ts';
import { digestOf } from '../../../src/platform/hashing.ts';
import { insertIdentity } from '../../../src/storage/repositories/accounts/identities.ts';
import type { Tables } from '../../../src/storage/tables.ts';
import { type Person, START, startTestApp, type TestApp } from '../app.ts';
import { createChannel, mutate, share } from '../channels.ts';
import { openTestSqlite } from '../database.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../tokens.ts';
import { createDirectory, type DirectoryOfScene } from './directory.ts';
import {
  addEntityTypes,
  addShares,
  createCascade,
  createDeletedWorkspace,
  createEndedGrants,
  createEndedSubject,
  createTakeBack,
} from './ends.ts';
import { createFederation, createIssuerKey, type FederationOfScene } from './federations.ts';
import { createProviderSignIns, type ProviderSignIns } from './sign-ins.ts';

/** The limits of every server of a race: one more of anything reaches them. */
export const LIMITS = {
  POSTERN_TOKENS_PER_USER: '6',
  POSTERN_TOKENS_PER_WORKSPACE: '6',
  POSTERN_WORKSPACES_PER_USER: '2',
  POSTERN_CHANNELS_PER_WORKSPACE: '2',
  POSTERN_SHARES_PER_CHANNEL: '3',
  POSTERN_INVITATIONS_PER_WORKSPACE: '1',
  POSTERN_SESSIONS_PER_USER: '2',
  POSTERN_MESSAGES_KEPT: '2',
  POSTERN_REQUESTS_PER_MINUTE: '0',
  POSTERN_ANONYMOUS_PER_MINUTE: '0',
  POSTERN_REFUSALS_PER_MINUTE: '0',
  POSTERN_PUBLIC_URL: 'https://postern.test',
  POSTERN_OIDC: 'corp,hr',
  POSTERN_OIDC_CORP_ISSUER: 'https://never-asked.test',
  POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
  POSTERN_OIDC_CORP_CLIENT_SECRET: 'secret',
  POSTERN_OIDC_CORP_PROVISION: 'on',
  POSTERN_OIDC_CORP_GROUPS: '*',
  POSTERN_FEDERATION: 'github',
  POSTERN_OIDC_HR_ISSUER: 'https://hr.test',
  POSTERN_OIDC_HR_CLIENT_ID: 'postern',
  POSTERN_OIDC_HR_CLIENT_SECRET: 'secret',
  POSTERN_OIDC_HR_PROVISION: 'on',
  POSTERN_OIDC_HR_GROUPS: '*',
  POSTERN_OIDC_HR_GROUPS_FROM: 'scim',
} as const;

/** The instant at which every call of a race is made. */
export const NOW = START + 60_000;

/** Clients: the code of one that waits for an answer, and the device codes of two that can collect a session and a token. */
export const DEVICES = { userCode: 'BCDFGHJK', session: 'session', token: 'token' } as const;

/** What the calls of a race are about: two Owners, a member and a guest, with one of each thing. Ids are global ids. */
export interface Scene extends FederationOfScene {
  /** The rows of the database, by table, in an order in which they can be inserted. */
  readonly rows: readonly {
    readonly table: keyof Tables;
    readonly rows: readonly Record<string, unknown>[];
  }[];
  /** The bytes of an SQLite database with these rows. */
  readonly bytes: Buffer;
  readonly owner: Person;
  readonly second: Person;
  readonly member: Person;
  readonly guest: Person;
  readonly workspaceId: string;
  /** A workspace of the second Owner with few rows; the rows of `workspaceId` are too many to be deleted in one transaction. */
  readonly smallWorkspaceId: string;
  /** The key under which the workspace is locked. */
  readonly workspaceKey: string;
  readonly channelId: string;
  /** A personal token of the first Owner, which shares the channel with the guest, and one derived from it. */
  readonly personal: IssuedToken;
  readonly derived: IssuedToken;
  /** A SCOPED personal token of the first Owner. */
  readonly scoped: IssuedToken;
  /** The id of the scope of that token. */
  readonly scopeId: string;
  /** A workspace token that the first Owner created, and one derived from it for a subject. */
  readonly service: IssuedToken;
  readonly derivedService: IssuedToken;
  /** Invitations of an address without an account, to two workspaces. */
  readonly invitations: readonly [first: string, second: string];
  readonly invitationId: string;
  /** A session of the first Owner that is not the one of `owner`. */
  readonly otherSessionId: string;
  /** The secret of a reset link of the first Owner. */
  readonly resetLink: string;
  /** The secret of a sign-in link of the second Owner. */
  readonly signInLink: string;
  readonly providerSignIns: ProviderSignIns;
  /** The settings of every server besides the limits. */
  readonly settings: Readonly<Record<string, string>>;
  /** The subject of a person at the provider who is a member by the group `staff` alone. */
  readonly mapped: string;
  readonly directory: DirectoryOfScene;
}

/** The tables whose rows calls read or change, in an order in which rows can be inserted. */
export const SCENE_TABLES = [
  'installation',
  'users',
  'identities',
  'identity_groups',
  'directory_groups',
  'scim_credentials',
  'provider_sign_ins',
  'sessions',
  'device_requests',
  'reset_links',
  'workspaces',
  'members',
  'group_roles',
  'member_exclusions',
  'member_grants',
  'federations',
  'used_jwts',
  'tokens',
  'token_ancestors',
  'pending_cascades',
  'pending_ends',
  'pending_grant_ends',
  'token_issuers',
  'token_secrets',
  'token_scopes',
  'invitations',
  'channels',
  'channel_shares',
  'messages',
  'entity_types',
  'entity_operations',
  'audit_events',
] as const satisfies (keyof Tables)[];

async function invite(
  app: TestApp,
  workspaceId: string,
  by: string,
): Promise<{ id: string; secret: string }> {
  const input = { workspaceId, email: 'newcomer@example.com', role: 'VIEWER' };
  const { data } = await mutate(app, 'inviteMember', input, by, 'invitationSecret invitation { id }');
  return { id: data.inviteMember.invitation.id, secret: data.inviteMember.invitationSecret };
}

async function createTokens(app: TestApp, by: string) {
  const scopes = [
    { entityType: 'token', operations: ['CREATE', 'READ', 'UPDATE', 'DELETE'] },
    { entityType: 'channel', operations: ['READ', 'PUBLISH', 'SHARE', 'UPDATE'] },
  ];
  const personal = await createPersonalToken(app, by, { access: 'SCOPED', scopes });
  const derived = await createPersonalToken(app, personal.secret, { access: 'SCOPED', scopes });
  const scoped = await createPersonalToken(app, by, { access: 'SCOPED', scopes: [scopes[1]] });
  const { data } = await app.post('query ($id: ID!) { token(id: $id) { scopes { id } } }', scoped, by);
  const scopeId: string = data.token.scopes[0].id;
  const ended = await createPersonalToken(app, by, { access: 'SCOPED', scopes });
  await createPersonalToken(app, ended.secret, { access: 'NONE' });
  await createCascade(app, ended, app.owner.id);
  await createEndedSubject(app, by);
  const service = await createWorkspaceToken(app, 'ADMINISTRATOR', {}, by);
  const derivedService = await createWorkspaceToken(app, 'VIEWER', { subject: 'customer' }, service.secret);
  return { personal, derived, scoped, scopeId, service, derivedService };
}

/** Makes a person a member by a group alone, whose role is Team Member; returns their subject at the provider. */
async function createMapped(postern: TestApp, by: Person): Promise<string> {
  const { id } = await postern.person('Mapped');
  const { app, database, workspaceId } = postern;
  const identity = {
    ...{ id: '01900000-0000-7000-8000-000000000002', userId: decodeGlobalId('User', id) },
    ...{ provider: 'corp', subject: 'mapped', linkedAt: START, lastUsedAt: null },
  };
  await insertIdentity(database.db, identity);
  await app.services.groups.replaceGroups(identity, ['staff'], { source: 'claim', at: START });
  const input = { workspaceId, provider: 'corp', group: 'staff', role: 'TEAM_MEMBER' };
  const { errors } = await mutate(postern, 'setGroupRole', input, by.session, '__typename');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return identity.subject;
}

/** Stores the requests of clients. */
async function createDeviceRequests({ database: { db } }: TestApp): Promise<void> {
  const { id: sessionId } = await db
    .selectFrom('sessions')
    .select('id')
    .orderBy('id')
    .executeTakeFirstOrThrow();
  const token = JSON.stringify({ name: 'ci', access: 'NONE', expiresAt: START + 3_600_000 });
  const approved = { status: 'APPROVED', session_id: sessionId };
  const answers = [
    {
      digest: 'd',
      user_code_digest: digestOf(DEVICES.userCode),
      status: 'PENDING',
      session_id: null,
      token: null,
    },
    { digest: digestOf(DEVICES.session), user_code_digest: 's', ...approved, token: null },
    { digest: digestOf(DEVICES.token), user_code_digest: 't', ...approved, token },
  ];
  const client = { client_id: 'pat', client_name: 'laptop', address: null, scopes: '[]' };
  const times = { created_at: START, expires_at: START + 600_000, poll_interval: 5000, polled_at: null };
  for (const answer of answers) {
    await db
      .insertInto('device_requests')
      .values({ ...client, ...times, ...answer })
      .execute();
  }
}

/** Creates the scene through the API, on SQLite. */
export async function createScene(): Promise<Scene> {
  const database = openTestSqlite();
  const { key, settings } = createIssuerKey();
  const app = await startTestApp({ ...LIMITS, ...settings }, database);
  await app.app.services.cascades.close();
  const { owner, workspaceId } = app;
  const [second, member, guest] = [
    await app.person('Second', 'OWNER'),
    await app.person('Member', 'TEAM_MEMBER'),
    await app.person('Guest'),
  ];
  const otherSession = await app.signIn(owner.email);
  const { data } = await app.post('{ viewer { sessions { id current } } }', {}, otherSession);
  const otherSessionId = data.viewer.sessions.find(({ current }: { current: boolean }) => current).id;
  const channelId = await createChannel(app);
  const tokens = await createTokens(app, owner.session);
  await share(app, channelId, guest, ['READ', 'PUBLISH', 'SHARE'], tokens.personal.secret);
  await share(app, channelId, member, ['READ', 'UPDATE']);
  await createDeletedWorkspace(app, second);
  await addEntityTypes(app, workspaceId);
  const other = await app.workspace('Other', [[second, 'OWNER']]);
  await addShares(app, await app.workspace('Shared', [[second, 'OWNER']]), owner, guest);
  const invitation = await invite(app, workspaceId, owner.session);
  const otherInvitation = await invite(app, other, second.session);
  await createEndedGrants(app, channelId, guest, second);
  await createTakeBack(app, member, await app.person('Raised', 'TEAM_MEMBER'));
  const resetLink = await app.app.services.passwordResets.createLink(owner.email, false);
  const signInLink = await app.app.services.signInLinks.create(second.email);
  const providerSignIns = await createProviderSignIns(app, second);
  const mapped = await createMapped(app, second);
  const federation = await createFederation(app, key);
  const directory = await createDirectory(app, second, member);
  await createDeviceRequests(app);
  await app.database.db.deleteFrom('credential_uses').execute();
  await app.database.db.deleteFrom('token_snapshots').execute();
  const rows = [];
  for (const table of SCENE_TABLES) {
    rows.push({ table, rows: await database.db.selectFrom(table).selectAll().execute() });
  }
  const bytes = database.connection.serialize();
  await app.close();
  return {
    rows,
    bytes,
    owner,
    second,
    member,
    guest,
    workspaceId,
    smallWorkspaceId: other,
    workspaceKey: `workspace ${decodeGlobalId('Workspace', workspaceId)}`,
    channelId,
    ...tokens,
    invitations: [invitation.secret, otherInvitation.secret],
    invitationId: invitation.id,
    otherSessionId,
    resetLink: resetLink.secret,
    signInLink: signInLink.secret,
    providerSignIns,
    mapped,
    ...federation,
    settings,
    directory,
  };
}
