import type { Person, TestApp } from '../app.ts';
import type { Access, Caller, ChannelFacts, Facts, Rank, Scope, TokenFacts } from '../oracle.ts';
import { createPersonalToken, createWorkspaceToken } from '../tokens.ts';

/** The built-in entity types with their operations. */
export const OPERATIONS_OF = {
  workspace: ['READ', 'LIST'],
  channel: ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE', 'SHARE', 'UNSHARE', 'PUBLISH', 'SUBSCRIBE'],
  token: ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE'],
} as const;

export type EntityType = keyof typeof OPERATIONS_OF;

/** Every possible scope, without a limit. */
export const EVERYTHING: readonly Scope[] = Object.entries(OPERATIONS_OF).map(([entityType, operations]) => ({
  entityType,
  operations,
}));

/** The members of `home`, `shut` and `strict`; `outsider` and `stranger` are not members. */
export const MEMBERS = {
  viewer: 'VIEWER',
  teamMember: 'TEAM_MEMBER',
  manager: 'WORKSPACE_MANAGER',
  administrator: 'ADMINISTRATOR',
  owner: 'OWNER',
  coOwner: 'OWNER',
  bystander: 'VIEWER',
} as const satisfies Record<string, Rank>;

export type PersonName = keyof typeof MEMBERS | 'outsider' | 'stranger';

/** `shut` forbids personal tokens, `strict` limits lifetimes, only the stranger is in `foreign`, and `absent` does not exist. */
export type WorkspaceName = 'home' | 'shut' | 'strict' | 'foreign' | 'absent';

/** A caller with the secret that it sends. */
export interface NamedCaller {
  readonly name: string;
  readonly secret: string | null;
  readonly who: Caller;
  /** A token of the caller: itself, or one of the person's. */
  readonly ownToken?: string;
  /** A token that derives from the caller. */
  readonly derived?: string;
}

/** People, workspaces and tokens in every relation that matters. */
export interface World {
  readonly postern: TestApp;
  readonly facts: Facts;
  readonly people: Readonly<Record<PersonName, Person>>;
  readonly workspaces: Readonly<Record<WorkspaceName, string>>;
  /** Runs a mutation with an input; returns its payload. Throws if it is refused. */
  mutate(field: string, input: object, secret: string, selection?: string): Promise<Record<string, any>>;
  /** Creates a personal token; with a parent, one that the parent derives. */
  personalToken(
    owner: PersonName,
    access: Access,
    parent?: NamedCaller,
  ): Promise<NamedCaller & { ownToken: string }>;
  workspaceToken(
    workspace: WorkspaceName,
    role: Rank,
    by?: PersonName,
    parent?: NamedCaller,
  ): Promise<NamedCaller & { ownToken: string }>;
  /** Creates a SCOPED workspace token for a subject. With a maker, that token issues it. */
  customerToken(
    workspace: WorkspaceName,
    role: Rank,
    scopes: readonly Scope[],
    maker?: NamedCaller,
  ): Promise<NamedCaller & { ownToken: string }>;
  /** Creates a channel, shared with one person for some operations if given. */
  channel(
    workspace: WorkspaceName,
    by: PersonName,
    shared?: { with: PersonName; for: readonly string[] },
  ): Promise<string>;
  /** Gives a personal token other scopes. */
  rescope(owner: PersonName, caller: NamedCaller, scopes: readonly Scope[]): Promise<NamedCaller>;
}

const STRICT_DAYS = 7;
const TOKEN_DAYS = 30;

/** An id of the same type that no record has. */
export function absentId(id: string): string {
  return `${id.slice(0, 4)}0190${'ab'.repeat(14)}`;
}

async function createPeople(postern: TestApp): Promise<World['people']> {
  const people: Record<string, Person> = { owner: postern.owner };
  for (const [name, role] of Object.entries(MEMBERS)) people[name] ??= await postern.person(name, role);
  people.outsider = await postern.person('outsider');
  people.stranger = await postern.person('stranger');
  return people as World['people'];
}

/** Fills a new Postern with people and workspaces. `closeWorkspaces` sets the policies last. */
export async function createWorld(postern: TestApp): Promise<World> {
  const people = await createPeople(postern);
  const members = Object.entries(MEMBERS).map(([name, role]) => [people[name as PersonName], role] as const);
  const workspaces = {
    home: postern.workspaceId,
    shut: await postern.workspace('Shut', members),
    strict: await postern.workspace('Strict', members),
    foreign: await postern.workspace('Foreign', [[people.stranger, 'OWNER']]),
    absent: absentId(postern.workspaceId),
  };
  const tokens = new Map<string, TokenFacts>();
  const channels = new Map<string, ChannelFacts>();

  async function mutate(field: string, input: object, secret: string, selection = '__typename') {
    const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`;
    const { data, errors } = await postern.post(query, { input }, secret);
    if (errors.length > 0) throw new Error(`${field}: ${JSON.stringify(errors)}`);
    return data[field];
  }

  return {
    postern,
    people,
    workspaces,
    facts: factsOf(people, workspaces, tokens, channels),
    mutate,

    async personalToken(owner, access, parent) {
      const input = typeof access === 'string' ? { access } : { access: 'SCOPED', scopes: access };
      const by = parent?.secret ?? people[owner].session;
      const { id, secret } = await createPersonalToken(postern, by, input);
      const above = parent?.ownToken ? [parent.ownToken, ...(tokens.get(parent.ownToken)?.above ?? [])] : [];
      tokens.set(id, { owner: people[owner].id, above });
      const line = [access, ...(parent?.who.kind === 'personal' ? parent.who.line : [])];
      const who: Caller = { kind: 'personal', user: people[owner].id, token: id, line, days: TOKEN_DAYS };
      return { name: `a personal token of the ${owner}`, secret, ownToken: id, who };
    },

    async workspaceToken(workspace, role, by = 'owner', parent) {
      const workspaceId = workspaces[workspace];
      const maker = parent?.secret ?? people[by].session;
      const { id, secret } = await createWorkspaceToken(postern, role, { workspaceId }, maker);
      tokens.set(id, { workspace: workspaceId, role, above: parent?.ownToken ? [parent.ownToken] : [] });
      const who: Caller = { kind: 'workspace', token: id, workspace: workspaceId, role, days: TOKEN_DAYS };
      return { name: `a workspace token of ${workspace} as ${role}`, secret, ownToken: id, who };
    },

    async customerToken(workspace, role, scopes, maker) {
      const workspaceId = workspaces[workspace];
      const input = { workspaceId, access: 'SCOPED', scopes, subject: 'customer' };
      const by = maker?.secret ?? people.owner.session;
      const { id, secret } = await createWorkspaceToken(postern, role, input, by);
      // It does not derive from its maker.
      tokens.set(id, { workspace: workspaceId, role, above: [] });
      const located = scopes.map((scope) => ({ ...scope, workspaceId }));
      const base = { kind: 'workspace', token: id, workspace: workspaceId, role, days: TOKEN_DAYS } as const;
      const who: Caller = { ...base, scopes: located };
      return { name: `a customer's token of ${workspace} as ${role}`, secret, ownToken: id, who };
    },

    async channel(workspace, by, shared) {
      const { session } = people[by];
      const input = { workspaceId: workspaces[workspace], name: 'channel' };
      const { id } = (await mutate('createChannel', input, session, 'channel { id }')).channel;
      const shares: Record<string, readonly string[]> = {};
      if (shared) {
        shares[people[shared.with].id] = shared.for;
        await mutate(
          'shareChannel',
          { id, email: people[shared.with].email, operations: shared.for },
          session,
        );
      }
      channels.set(id, { workspace: workspaces[workspace], shares });
      return id;
    },

    async rescope(owner, caller, scopes) {
      await mutate('updateToken', { id: caller.ownToken, access: 'SCOPED', scopes }, people[owner].session);
      return { ...caller, who: { ...caller.who, line: [scopes] } as Caller };
    },
  };
}

function factsOf(
  people: World['people'],
  { home, shut, strict, foreign, absent }: World['workspaces'],
  tokens: ReadonlyMap<string, TokenFacts>,
  channels: ReadonlyMap<string, ChannelFacts>,
): Facts {
  const roles = new Map(Object.entries(MEMBERS).map(([name, role]) => [people[name as PersonName].id, role]));
  return {
    role(user, workspace) {
      if (workspace === foreign) return user === people.stranger.id ? 'OWNER' : null;
      return [home, shut, strict].includes(workspace) ? (roles.get(user) ?? null) : null;
    },
    policy: (workspace) =>
      workspace === absent
        ? null
        : { personal: workspace !== shut, maxDays: workspace === strict ? STRICT_DAYS : null },
    token: (id) => tokens.get(id) ?? null,
    channel: (id) => channels.get(id) ?? null,
  };
}

/** Sets the policies of `shut` and `strict`. They exclude tokens that exist already and could not be created any more. */
export async function closeWorkspaces({ mutate, people, workspaces }: World): Promise<void> {
  const { session } = people.owner;
  await mutate('updateTokenPolicy', { workspaceId: workspaces.shut, personalTokens: 'FORBIDDEN' }, session);
  await mutate(
    'updateTokenPolicy',
    { workspaceId: workspaces.strict, maxLifetime: `P${STRICT_DAYS}D` },
    session,
  );
}
