import { parseGlobalId } from '../../../src/domain/global-id.ts';
import type { Role } from '../../../src/domain/roles.ts';
import { createOperatorService, type OperatorService } from '../../../src/services/operator.ts';
import { insertMember } from '../../../src/storage/members.ts';
import { PASSWORD, type Person, type TestApp } from '../app.ts';
import { createChannel, mutate } from '../channels.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../tokens.ts';

/** Who gives, and with what. A derived token is given with, and may lose authority by its parent. */
export const GIVERS = [
  'session',
  'personal',
  'derivedPersonal',
  'workspace',
  'derivedWorkspace',
  'guest',
] as const;
export type Giver = (typeof GIVERS)[number];

/** A share for `READ`, or an invitation as Workspace Manager. */
export const THINGS = ['share', 'invitation'] as const;
export type Thing = (typeof THINGS)[number];

export const DAY_AND_HOUR = { long: 'P2D', short: 'PT1H' } as const;

/** The scopes of the personal tokens that share. */
export const SCOPES = [
  { entityType: 'channel', operations: ['SHARE', 'READ', 'LIST'] },
  { entityType: 'token', operations: ['CREATE'] },
];

/** One granter in a workspace of its own, and the thing that the granter gave. */
export interface Scene {
  readonly postern: TestApp;
  readonly operator: OperatorService;
  readonly workspaceId: string;
  readonly channelId: string;
  /** The granter, or the owner of the granting token; of a workspace token, its maker. */
  person: Person;
  /** The granting token, and the one that it derives from. */
  token: IssuedToken | null;
  parent: IssuedToken | null;
  /** Runs a mutation that must succeed, as the workspace's owner unless told otherwise. */
  run(field: string, input: object, by?: string, selection?: string): Promise<any>;
  /** Makes the person a member, or gives the member another role. */
  setRole(role: Role): Promise<void>;
  signInAgain(): Promise<void>;
  /** Whether the thing holds. */
  holds(): Promise<boolean>;
  /** Whether the thing can be used; using an invitation ends it. */
  works(): Promise<boolean>;
}

async function createTokens(scene: Scene, giver: Giver): Promise<void> {
  const { postern, person, workspaceId } = scene;
  const expires = { after: giver.startsWith('derived') ? DAY_AND_HOUR.long : DAY_AND_HOUR.short };
  if (giver === 'session' || giver === 'guest') return;
  const isPersonal = giver.endsWith('ersonal');
  const create = (by: string, input: object) =>
    isPersonal
      ? createPersonalToken(postern, by, { access: 'SCOPED', scopes: SCOPES, ...input })
      : createWorkspaceToken(postern, 'ADMINISTRATOR', { workspaceId, ...input }, by);
  scene.token = await create(person.session, { expires });
  if (!giver.startsWith('derived')) return;
  scene.parent = scene.token;
  scene.token = await create(scene.parent.secret, { expires: { after: DAY_AND_HOUR.short } });
}

function uuid(globalId: string): string {
  return parseGlobalId(globalId)?.id as string;
}

/** Makes a workspace in which a giver has given a thing to `guest`. */
export async function createScene(
  postern: TestApp,
  guest: Person,
  name: string,
  giver: Giver,
  thing: Thing,
): Promise<Scene> {
  const { services } = postern.app;
  const owner = postern.owner;
  const person = await postern.person(`${name}p`);
  const workspaceId = await postern.workspace(name, [[owner, 'OWNER']]);
  const channelId = await createChannel(postern, { workspaceId });

  async function run(field: string, input: object, by = owner.session, selection = '__typename') {
    const { data, errors } = await mutate(postern, field, input, by, selection);
    if (errors.length > 0) throw new Error(`${field}: ${JSON.stringify(errors)}`);
    return data[field];
  }

  let secret = '';
  const scene: Scene = {
    postern,
    operator: createOperatorService(services),
    workspaceId,
    channelId,
    person,
    token: null,
    parent: null,
    run,
    async setRole(role) {
      const ids = { workspaceId: uuid(workspaceId), userId: uuid(person.id) };
      const member = await services.db
        .selectFrom('members')
        .select('role')
        .where('workspace_id', '=', ids.workspaceId)
        .where('user_id', '=', ids.userId)
        .executeTakeFirst();
      if (member) await run('updateMemberRole', { workspaceId, userId: person.id, role });
      else await insertMember(services.db, { ...ids, role, joinedAt: postern.now() });
    },
    async signInAgain() {
      scene.person = { ...person, session: await postern.signIn(person.email, PASSWORD) };
    },
    async holds() {
      if (thing === 'invitation') {
        const query = 'query ($id: ID!) { workspace(id: $id) { invitations { voidReason } } }';
        const { data } = await postern.post(query, { id: workspaceId }, owner.session);
        return data.workspace.invitations.some(
          ({ voidReason }: { voidReason: string | null }) => voidReason === null,
        );
      }
      const query = `query ($id: ID!, $in: ID!) { channel(id: $id) { id } channels(workspaceId: $in) { nodes { id } } }`;
      const { data } = await postern.post(query, { id: channelId, in: workspaceId }, guest.session);
      const isListed = data.channels.nodes.some(({ id }: { id: string }) => id === channelId);
      if (isListed !== (data.channel !== null)) throw new Error('a list and a look-up disagree');
      return isListed;
    },
    async works() {
      if (thing === 'share') return scene.holds();
      return (
        (await mutate(postern, 'acceptInvitation', { secret }, guest.session, '__typename')).code ===
        undefined
      );
    },
  };

  await give();
  return scene;

  async function give(): Promise<void> {
    if (giver === 'guest') {
      const operations = ['SHARE', 'READ', 'LIST'];
      await run('shareChannel', { id: channelId, email: person.email, operations });
    } else await scene.setRole('ADMINISTRATOR');
    await createTokens(scene, giver);
    const by = scene.token?.secret ?? person.session;
    if (thing === 'share') {
      await run('shareChannel', { id: channelId, email: guest.email, operations: ['READ', 'LIST'] }, by);
    } else {
      const input = { workspaceId, email: guest.email, role: 'WORKSPACE_MANAGER' };
      ({ invitationSecret: secret } = await run('inviteMember', input, by, 'invitationSecret'));
    }
  }
}
