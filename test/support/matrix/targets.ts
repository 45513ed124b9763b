import type { TokenTargets } from './cases.ts';
import { absentId, type World } from './world.ts';

/** The things that fields are called on, besides people and workspaces. Ids are global ids. */
export interface Targets {
  readonly tokens: TokenTargets;
  /** Channels: of `home`, plain and shared with the outsider; of `shut` and `strict`; of `foreign`, plain and shared with the viewer. */
  readonly channels: Readonly<Record<ChannelName, string>>;
  /** A message of the shared channel of `home`. */
  readonly message: string;
  /** An open invitation into each workspace, by the id of the workspace. */
  readonly invitations: ReadonlyMap<string, string>;
  /** A federation of each workspace, by the id of the workspace. */
  readonly federations: ReadonlyMap<string, string>;
  /** The secrets of an invitation for an email without an account, for the outsider, and of one that does not exist. */
  readonly invited: { readonly newcomer: string; readonly outsider: string };
  /** The secret of a reset link of the bystander. */
  readonly resetLink: string;
  /** The secret of a sign-in link of the outsider. */
  readonly signInLink: string;
  /** A session of each person, by the id of the person. */
  readonly sessions: ReadonlyMap<string, string>;
  /** A row in the audit log of the workspace `home`, and one in the owner's account log. */
  readonly auditEvents: { readonly ofHome: string; readonly ofOwner: string };
  readonly absent: {
    readonly session: string;
    readonly user: string;
    readonly auditEvent: string;
    readonly message: string;
  };
}

type ChannelName =
  | 'ofHome'
  | 'sharedOfHome'
  | 'ofShut'
  | 'ofStrict'
  | 'ofForeign'
  | 'sharedOfForeign'
  | 'absent';

async function channelTargets(world: World): Promise<Targets['channels']> {
  const ofHome = await world.channel('home', 'owner');
  return {
    ofHome,
    sharedOfHome: await world.channel('home', 'owner', {
      with: 'outsider',
      for: ['READ', 'LIST', 'UPDATE', 'PUBLISH', 'SUBSCRIBE'],
    }),
    ofShut: await world.channel('shut', 'owner'),
    ofStrict: await world.channel('strict', 'owner'),
    ofForeign: await world.channel('foreign', 'stranger'),
    sharedOfForeign: await world.channel('foreign', 'stranger', {
      with: 'viewer',
      for: ['SHARE', 'UNSHARE'],
    }),
    absent: absentId(ofHome),
  };
}

async function tokenTargets(world: World): Promise<TokenTargets> {
  const ofHome = await world.workspaceToken('home', 'VIEWER');
  return {
    sibling: (await world.personalToken('owner', [])).ownToken,
    strangers: (await world.personalToken('stranger', [])).ownToken,
    ofHome: ofHome.ownToken,
    ownerOfHome: (await world.workspaceToken('home', 'OWNER')).ownToken,
    ofForeign: (await world.workspaceToken('foreign', 'VIEWER', 'stranger')).ownToken,
    ofShut: (await world.workspaceToken('shut', 'VIEWER')).ownToken,
    ofStrict: (await world.workspaceToken('strict', 'VIEWER')).ownToken,
  };
}

/** Returns the secret of a sign-in link that is still valid when the world has grown old. */
async function lastingSignInLink({ postern, people }: World): Promise<string> {
  const { secret } = await postern.app.services.signInLinks.create(people.outsider.email);
  const values = { expires_at: postern.now() + 86_400_000 };
  await postern.database.db.updateTable('reset_links').set(values).where('purpose', '=', 'SIGN_IN').execute();
  return secret;
}

/** Creates the things that fields are called on. */
export async function createTargets(world: World): Promise<Targets> {
  const { people, workspaces, postern } = world;
  const invite = (workspaceId: string, email: string, by: string) =>
    world.mutate(
      'inviteMember',
      { workspaceId, email, role: 'VIEWER' },
      by,
      'invitationSecret invitation { id }',
    );

  const invitations = new Map<string, string>();
  const federations = new Map<string, string>();
  for (const name of ['home', 'shut', 'strict', 'foreign'] as const) {
    const by = name === 'foreign' ? people.stranger : people.owner;
    const { invitation } = await invite(workspaces[name], 'invited@example.com', by.session);
    invitations.set(workspaces[name], invitation.id);
    const trusted = await world.mutate(
      'createFederation',
      {
        ...{
          workspaceId: workspaces[name],
          name: 'ci',
          issuer: 'https://token.actions.githubusercontent.com',
        },
        ...{ claims: [{ name: 'repository_owner', value: 'acme' }], role: 'VIEWER' },
      },
      by.session,
      'federation { id }',
    );
    federations.set(workspaces[name], trusted.federation.id);
    const type = { workspaceId: workspaces[name], name: 'ticket', operations: [{ name: 'READ' }] };
    await world.mutate('registerEntityType', type, by.session);
  }
  const newcomer = await invite(workspaces.home, 'newcomer@example.com', people.owner.session);
  const outsider = await invite(workspaces.home, people.outsider.email, people.owner.session);

  const sessions = new Map<string, string>();
  for (const { id, session } of Object.values(people)) {
    const { data } = await postern.post('{ viewer { sessions { id current } } }', {}, session);
    sessions.set(id, data.viewer.sessions.find(({ current }: { current: boolean }) => current).id);
  }
  const { data } = await postern.post(
    'query ($id: ID!) { viewer { auditEvents { nodes { id } } } workspace(id: $id) { auditEvents { nodes { id } } } }',
    { id: workspaces.home },
    people.owner.session,
  );
  const ofHome = data.workspace.auditEvents.nodes[0].id;
  const channels = await channelTargets(world);
  const published = { channelId: channels.sharedOfHome, payload: {} };
  const { message } = await world.mutate('publishMessage', published, people.owner.session, 'message { id }');
  return {
    tokens: await tokenTargets(world),
    channels,
    message: message.id,
    invitations,
    federations,
    invited: { newcomer: newcomer.invitationSecret, outsider: outsider.invitationSecret },
    resetLink: (await postern.app.services.passwordResets.createLink(people.bystander.email, true)).secret,
    signInLink: await lastingSignInLink(world),
    sessions,
    auditEvents: { ofHome, ofOwner: data.viewer.auditEvents.nodes[0].id },
    absent: {
      session: absentId([...sessions.values()][0] as string),
      user: absentId(people.owner.id),
      auditEvent: absentId(ofHome),
      message: absentId(message.id),
    },
  };
}
