import { parseGlobalId } from '../../../src/domain/global-id.ts';
import type { Role } from '../../../src/domain/roles.ts';
import type { OperatorService } from '../../../src/services/accounts/operator.ts';
import { insertMember } from '../../../src/storage/repositories/members.ts';
import { PASSWORD, type Person, type TestApp } from '../app.ts';
import { createChannel, mutate } from '../channels.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../tokens.ts';

/** The kinds of granter. A derived token grants, and can lose authority through its parent. */
export const GIVERS = [
  'session',
  'personal',
  'derivedPersonal',
  'workspace',
  'derivedWorkspace',
  'guest',
] as const;
export type Giver = (typeof GIVERS)[number];

/** A share for `READ` and `LIST`, or an invitation as Workspace Manager. */
export type Thing = 'share' | 'invitation';

/** Personal tokens and guests cannot invite. */
export function thingsOf(giver: Giver): readonly Thing[] {
  return ['session', 'workspace', 'derivedWorkspace'].includes(giver) ? ['share', 'invitation'] : ['share'];
}

/** The lifetimes of granting tokens, and of their parents. */
export const LIFETIME = { token: 'PT1H', parent: 'P2D' } as const;

/** The scopes of the personal tokens that share. */
export const SCOPES = [
  { entityType: 'channel', operations: ['SHARE', 'READ', 'LIST'] },
  { entityType: 'token', operations: ['CREATE'] },
];

/** One granter in a workspace of its own, with the things that it gave to a guest. */
export interface Scene {
  readonly postern: TestApp;
  readonly operator: OperatorService;
  readonly workspaceId: string;
  readonly channelId: string;
  /** The recipient. */
  readonly guest: Person;
  /** The granter, or the owner of the granting token; for a workspace token, its creator. */
  person: Person;
  /** The granting token, and its parent. */
  readonly token: IssuedToken | null;
  readonly parent: IssuedToken | null;
  readonly invitationSecret: string | null;
}

/** Runs a mutation that must succeed, by default as the owner. */
export async function run(
  { postern }: Pick<Scene, 'postern'>,
  field: string,
  input: object,
  by: string = postern.owner.session,
  selection = '__typename',
): Promise<any> {
  const { data, errors } = await mutate(postern, field, input, by, selection);
  if (errors.length > 0) throw new Error(`${field}: ${JSON.stringify(errors)}`);
  return data[field];
}

function uuidOf(globalId: string): string {
  return parseGlobalId(globalId)?.id as string;
}

/** Makes the person a member. */
export function join({ postern, workspaceId, person }: Scene, role: Role): Promise<void> {
  const member = { workspaceId: uuidOf(workspaceId), userId: uuidOf(person.id) };
  return insertMember(postern.database.db, { ...member, role, joinedAt: postern.now() });
}

/** The scene with a new session of the person, if the old one ended. */
export async function signInAgain(scene: Scene): Promise<Scene> {
  const { postern, person } = scene;
  return { ...scene, person: { ...person, session: await postern.signIn(person.email, PASSWORD) } };
}

async function createTokens(scene: Scene, giver: Giver): Promise<Scene> {
  if (giver === 'session' || giver === 'guest') return scene;
  const { postern, person, workspaceId } = scene;
  const create = (by: string, lifetime: string) => {
    const expires = { after: lifetime };
    return giver.endsWith('ersonal')
      ? createPersonalToken(postern, by, { access: 'SCOPED', scopes: SCOPES, expires })
      : createWorkspaceToken(postern, 'ADMINISTRATOR', { workspaceId, expires }, by);
  };
  if (!giver.startsWith('derived')) {
    return { ...scene, token: await create(person.session, LIFETIME.token) };
  }
  const parent = await create(person.session, LIFETIME.parent);
  return { ...scene, parent, token: await create(parent.secret, LIFETIME.token) };
}

async function give(scene: Scene, giver: Giver): Promise<Scene> {
  const { workspaceId, channelId: id, person, guest, token } = scene;
  const by = token?.secret ?? person.session;
  await run(scene, 'shareChannel', { id, email: guest.email, operations: ['READ', 'LIST'] }, by);
  if (!thingsOf(giver).includes('invitation')) return scene;
  const input = { workspaceId, email: guest.email, role: 'WORKSPACE_MANAGER' };
  const { invitationSecret } = await run(scene, 'inviteMember', input, by, 'invitationSecret');
  return { ...scene, invitationSecret };
}

/** Creates a workspace in which a giver has given everything that it can. */
export async function createScene(
  postern: TestApp,
  guest: Person,
  name: string,
  giver: Giver,
): Promise<Scene> {
  const person = await postern.person(`${name}p`);
  const workspaceId = await postern.workspace(name, [[postern.owner, 'OWNER']]);
  const channelId = await createChannel(postern, { workspaceId });
  const operator = postern.app.services.operator;
  const nothing = { token: null, parent: null, invitationSecret: null };
  const scene: Scene = { postern, operator, workspaceId, channelId, guest, person, ...nothing };
  if (giver === 'guest') {
    const operations = ['SHARE', 'READ', 'LIST'];
    await run(scene, 'shareChannel', { id: channelId, email: person.email, operations });
  } else await join(scene, 'ADMINISTRATOR');
  return give(await createTokens(scene, giver), giver);
}

/** Returns the things that are effective for the guest and the owner. Throws if a list and a lookup disagree. */
export async function heldThings(scene: Scene): Promise<Thing[]> {
  const { postern, guest, channelId, workspaceId } = scene;
  const variables = { channel: channelId, workspace: workspaceId };
  const asGuest = await postern.post(
    `query ($channel: ID!, $workspace: ID!) {
      channel(id: $channel) { id } channels(workspaceId: $workspace) { nodes { id } }
    }`,
    variables,
    guest.session,
  );
  const asOwner = await postern.post(
    `query ($channel: ID!, $workspace: ID!) {
      channel(id: $channel) { shares { user { id } } } workspace(id: $workspace) { invitations { voidReason } }
    }`,
    variables,
    postern.owner.session,
  );
  const answers = new Set([
    asGuest.data.channel !== null,
    asGuest.data.channels.nodes.length > 0,
    asOwner.data.channel.shares.some(({ user }: any) => user.id === guest.id),
  ]);
  if (answers.size > 1) throw new Error('lists and look-ups disagree about a share');
  const isInvited = asOwner.data.workspace.invitations.some(({ voidReason }: any) => voidReason === null);
  return [
    ...(answers.has(true) ? (['share'] as const) : []),
    ...(isInvited ? (['invitation'] as const) : []),
  ];
}

/** Whether the guest can accept the invitation, which uses it up. */
export async function accept({ postern, guest, invitationSecret }: Scene): Promise<boolean> {
  const input = { secret: invitationSecret };
  const { code } = await mutate(postern, 'acceptInvitation', input, guest.session, '__typename');
  return code === undefined;
}
