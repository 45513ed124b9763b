import { DAY, MINUTE } from '../../src/domain/duration.ts';
import type { OperatorService } from '../../src/services/accounts/operator.ts';
import type { Mutate } from './client.ts';

/** The password of every seeded user. */
export const SEED_PASSWORD = 'postern development';

/** The email of the user who owns the seeded workspaces. */
export const SEED_OWNER = 'ada@example.com';

const MEMBERS = [
  ['Grace', 'ADMINISTRATOR'],
  ['Alan', 'WORKSPACE_MANAGER'],
  ['Barbara', 'TEAM_MEMBER'],
  ['Edsger', 'VIEWER'],
] as const;

/** Has no membership, so that a share is the only access. */
const GUEST = 'Linus';

/** What every scene gets. */
export interface Stage {
  readonly mutate: Mutate;
  readonly operator: Pick<OperatorService, 'createUser'>;
  /** Moves the clock of the server forward by milliseconds. */
  advance(milliseconds: number): void;
}

function emailOf(name: string): string {
  return `${name.toLowerCase()}@example.com`;
}

async function signIn({ mutate }: Stage, email: string): Promise<string> {
  const { secret } = await mutate('signIn', { email, password: SEED_PASSWORD });
  return secret;
}

/** Creates a workspace with one member of every role and one pending invitation; returns its id. */
async function fillWorkspace(stage: Stage): Promise<string> {
  const { mutate, operator } = stage;
  const owner = await signIn(stage, SEED_OWNER);
  const { id: workspaceId } = await mutate('createWorkspace', { name: 'Acme' }, owner);
  for (const name of [...MEMBERS.map(([member]) => member), GUEST]) {
    await operator.createUser({ email: emailOf(name), name, password: SEED_PASSWORD });
  }
  for (const [name, role] of MEMBERS) {
    const invited = await mutate('inviteMember', { workspaceId, email: emailOf(name), role }, owner);
    await mutate('acceptInvitation', { secret: invited.secret }, await signIn(stage, emailOf(name)));
    stage.advance(90 * MINUTE);
  }
  const operations = [
    { name: 'READ' },
    { name: 'LIST' },
    { name: 'REFUND', role: 'WORKSPACE_MANAGER', description: 'Refunds a paid invoice' },
  ];
  await mutate('registerEntityType', { workspaceId, name: 'invoice', operations }, owner);
  return workspaceId;
}

/** Creates personal tokens of every access and status; returns the secret of an active one. */
async function fillPersonalTokens(stage: Stage): Promise<string> {
  const { mutate } = stage;
  const owner = await signIn(stage, SEED_OWNER);
  const create = (name: string, days: number, rest: object) =>
    mutate('createToken', { name, expires: { after: `P${days}D` }, ...rest }, owner);
  const tokens = { entityType: 'token', operations: ['CREATE', 'READ', 'LIST'] };
  const channels = { entityType: 'channel', operations: ['READ', 'LIST', 'PUBLISH', 'SUBSCRIBE'] };
  const scoped = { access: 'SCOPED', scopes: [tokens, channels] };
  await create('Old laptop', 7, { access: 'FULL', description: 'Expired with the laptop.' });
  const disabled = await create('Contractor', 300, { ...scoped, description: 'Paused until March.' });
  await mutate('disableToken', { id: disabled.id }, owner);
  stage.advance(DAY);
  const leaked = await create('Demo script', 300, scoped);
  await mutate('revokeToken', { id: leaked.id }, owner);
  const removed = await create('Typo', 30, {});
  await mutate('deleteToken', { id: removed.id }, owner);
  await create('Unused draft', 300, { access: 'NONE' });
  const report = await create('Nightly report', 120, scoped);
  stage.advance(DAY);
  await mutate('regenerateToken', { id: report.id, overlap: 'P7D' }, owner);
  for (let n = 1; n <= 30; n += 1) {
    await create(`Service ${String(n).padStart(2, '0')}`, 60 + n, scoped);
    stage.advance(20 * MINUTE);
  }
  const deploy = await create('CI deploy', 300, { ...scoped, description: 'Deploys from the main branch.' });
  const derived = { name: 'CI deploy: preview', access: 'SCOPED', scopes: [channels] };
  await mutate('createToken', derived, deploy.secret);
  return deploy.secret;
}

async function fillWorkspaceTokens(stage: Stage, workspaceId: string): Promise<void> {
  const { mutate } = stage;
  const manager = await signIn(stage, emailOf('Grace'));
  const create = (name: string, role: string) =>
    mutate('createWorkspaceToken', { workspaceId, name, role, expires: { after: 'P200D' } }, manager);
  await create('Dashboard', 'VIEWER');
  await create('Deploy bot', 'TEAM_MEMBER');
  const paused = await create('Load test', 'TEAM_MEMBER');
  await mutate('disableToken', { id: paused.id }, manager);
}

/** Creates channels, shares one with a user outside the workspace, and publishes messages over some days. */
async function fillChannels(stage: Stage, workspaceId: string, token: string): Promise<void> {
  const { mutate } = stage;
  const owner = await signIn(stage, SEED_OWNER);
  const create = (name: string, description: string) =>
    mutate('createChannel', { workspaceId, name, description }, owner);
  const deployments = await create('Deployments', 'One message for each deployment.');
  const incidents = await create('Incidents', 'Alerts and their resolution.');
  await create('Empty', 'Nothing published yet.');
  const operations = ['READ', 'SUBSCRIBE'];
  await mutate('shareChannel', { id: incidents.id, email: emailOf(GUEST), operations }, owner);
  for (let n = 1; n <= 40; n += 1) {
    const payload = { build: n, service: n % 3 ? 'api' : 'console', ok: n % 7 !== 0 };
    await mutate('publishMessage', { channelId: deployments.id, payload }, token);
    if (n % 7 === 0) {
      const alert = { level: 'warning', text: `Build ${n} failed` };
      await mutate('publishMessage', { channelId: incidents.id, payload: alert }, token);
    }
    stage.advance(3 * 60 * MINUTE);
  }
}

/** Fills a database that has no user but the owner; returns the secret of an active token. Takes 25 days of its clock. */
export async function playScenes(stage: Stage): Promise<string> {
  const workspaceId = await fillWorkspace(stage);
  stage.advance(DAY);
  const secret = await fillPersonalTokens(stage);
  stage.advance(DAY);
  await fillWorkspaceTokens(stage, workspaceId);
  await fillChannels(stage, workspaceId, secret);
  const owner = await signIn(stage, SEED_OWNER);
  const invitation = { workspaceId, email: 'margaret@example.com', role: 'VIEWER' };
  stage.advance(6 * DAY);
  await stage.mutate('inviteMember', invitation, owner);
  return secret;
}
