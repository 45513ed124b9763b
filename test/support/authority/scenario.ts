import type { Person, TestApp } from '../app.ts';
import type { Caller, ChannelFacts, Declared, Facts, Rank, Scope, TokenFacts } from '../oracle.ts';
import type { Random } from '../random.ts';

/** A caller, whose authority changes with the scenario. */
export interface ScenarioCaller {
  readonly name: string;
  readonly secret: string | null;
  /** The caller as the oracle takes it, at present. */
  who(): Caller;
}

/** A personal token that the walk changes. */
export interface ScenarioToken {
  readonly id: string;
  readonly secret: string;
  readonly owner: Person;
  readonly parent: ScenarioToken | null;
  readonly days: number;
  access: 'FULL' | 'SCOPED';
  scopes: readonly Scope[];
}

interface Policy {
  personal: boolean;
  maxDays: number | null;
}

/** A few people, workspaces, channels and tokens, with their expected state. */
export interface Scenario {
  readonly postern: TestApp;
  /** An Owner of every workspace, who makes the changes and is never probed. */
  readonly admin: Person;
  readonly people: readonly Person[];
  readonly workspaces: readonly string[];
  readonly channels: readonly string[];
  readonly tokens: readonly ScenarioToken[];
  readonly workspaceTokens: readonly string[];
  readonly callers: readonly ScenarioCaller[];
  readonly roles: Map<string, Rank>;
  readonly policies: Map<string, Policy>;
  readonly shares: Map<string, Record<string, readonly string[]>>;
  /** The operations of the type `invoice`, by workspace. */
  readonly registered: Map<string, Declared>;
  readonly facts: Facts;
}

/** The key of a member in `roles`. */
export function place(user: string, workspace: string): string {
  return `${user} ${workspace}`;
}

/** Runs a mutation that takes one input; returns its payload. Throws if it is refused. */
export async function run(
  postern: TestApp,
  by: string,
  field: string,
  input: object,
  selection = '__typename',
): Promise<any> {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`;
  const { data, errors } = await postern.post(query, { input }, by);
  if (errors.length > 0) throw new Error(`${field}: ${JSON.stringify(errors)}`);
  return data[field];
}

const LIFETIMES = [5, 20, 60];
const ROLES: readonly Rank[] = ['VIEWER', 'TEAM_MEMBER', 'ADMINISTRATOR', 'OWNER'];

async function createTokens(postern: TestApp, people: readonly Person[]): Promise<ScenarioToken[]> {
  const tokens: ScenarioToken[] = [];
  const all = [
    { entityType: 'workspace', operations: ['READ', 'LIST'] },
    { entityType: 'channel', operations: ['READ', 'LIST', 'UPDATE', 'PUBLISH'] },
    { entityType: 'token', operations: ['CREATE', 'READ', 'LIST', 'UPDATE'] },
  ];
  async function create(owner: Person, parent: ScenarioToken | null, days: number): Promise<ScenarioToken> {
    const input = {
      name: 'token',
      access: 'SCOPED',
      scopes: all,
      ...(!parent && { expires: { after: `P${days}D` } }),
    };
    const by = parent?.secret ?? owner.session;
    const { secret, token } = await run(postern, by, 'createToken', input, 'secret token { id }');
    const made: ScenarioToken = { id: token.id, secret, owner, parent, days, access: 'SCOPED', scopes: all };
    tokens.push(made);
    return made;
  }
  for (const [index, owner] of people.entries()) {
    const days = LIFETIMES[index % LIFETIMES.length] as number;
    const top = await create(owner, null, days);
    if (index < 2) await create(owner, await create(owner, top, days), days);
    await create(owner, null, days);
  }
  return tokens;
}

function lineOf(token: ScenarioToken): ScenarioToken[] {
  return token.parent ? [token, ...lineOf(token.parent)] : [token];
}

function personalCaller(token: ScenarioToken): ScenarioCaller {
  return {
    name: `token ${token.id}`,
    secret: token.secret,
    who: () => ({
      kind: 'personal',
      user: token.owner.id,
      token: token.id,
      line: lineOf(token).map(({ access, scopes }) => (access === 'FULL' ? 'FULL' : scopes)),
      days: token.days,
    }),
  };
}

/** Builds the scenario. Its clock stops, so that no token expires. */
export async function createScenario(postern: TestApp): Promise<Scenario> {
  const admin = postern.owner;
  const people: Person[] = [];
  for (const name of ['ada', 'ben', 'cleo', 'dan']) people.push(await postern.person(name));
  const workspaces: string[] = [];
  for (const name of ['North', 'South', 'West'])
    workspaces.push(await postern.workspace(name, [[admin, 'OWNER']]));
  const channels: string[] = [];
  const tokenFacts = new Map<string, TokenFacts>();
  const channelPlaces = new Map<string, string>();
  const callers: ScenarioCaller[] = [{ name: 'anonymous', secret: null, who: () => ({ kind: 'anonymous' }) }];
  const workspaceTokens: string[] = [];

  for (const [index, workspaceId] of workspaces.entries()) {
    for (const name of ['first', 'second']) {
      const { channel } = await run(
        postern,
        admin.session,
        'createChannel',
        { workspaceId, name },
        'channel { id }',
      );
      channels.push(channel.id);
      channelPlaces.set(channel.id, workspaceId);
    }
    for (const [step, role] of ROLES.slice(index, index + 2).entries()) {
      const days = LIFETIMES[(index + step) % LIFETIMES.length] as number;
      const input = { workspaceId, name: 'token', role, expires: { after: `P${days}D` } };
      const made = await run(postern, admin.session, 'createWorkspaceToken', input, 'secret token { id }');
      tokenFacts.set(made.token.id, { workspace: workspaceId, role, above: [] });
      workspaceTokens.push(made.token.id);
      const who: Caller = { kind: 'workspace', token: made.token.id, workspace: workspaceId, role, days };
      callers.push({ name: `${role} token of ${workspaceId}`, secret: made.secret, who: () => who });
    }
  }
  for (const { id, session } of people)
    callers.push({ name: id, secret: session, who: () => ({ kind: 'session', user: id }) });
  const tokens = await createTokens(postern, people);
  for (const token of tokens) {
    tokenFacts.set(token.id, {
      owner: token.owner.id,
      above: lineOf(token)
        .slice(1)
        .map(({ id }) => id),
    });
    callers.push(personalCaller(token));
  }

  const roles = new Map<string, Rank>();
  const policies = new Map(workspaces.map((id) => [id, { personal: true, maxDays: null } as Policy]));
  const shares = new Map<string, Record<string, readonly string[]>>(channels.map((id) => [id, {}]));
  const facts: Facts = {
    role: (user, workspace) => roles.get(place(user, workspace)) ?? null,
    policy: (workspace) => policies.get(workspace) ?? null,
    token: (id) => tokenFacts.get(id) ?? null,
    channel(id) {
      const workspace = channelPlaces.get(id);
      return workspace === undefined ? null : ({ workspace, shares: shares.get(id) } as ChannelFacts);
    },
  };
  const registered = new Map<string, Declared>();
  return {
    postern,
    admin,
    people,
    workspaces,
    channels,
    tokens,
    workspaceTokens,
    callers,
    roles,
    policies,
    shares,
    registered,
    facts,
  };
}

/** Random scopes that an owner can give: without a limit, in a workspace of the owner, or on a channel there. */
export function randomScopes(random: Random, scenario: Scenario, owner: Person): Scope[] {
  const own = scenario.workspaces.filter((workspace) => scenario.roles.has(place(owner.id, workspace)));
  const scopes: Scope[] = [];
  for (let count = random.below(4); count > 0; count--) {
    const type = random.pick(['workspace', 'channel', 'channel', 'token', 'invoice'] as const);
    const operations = random.some(OPERATIONS[type]);
    const inOne = type === 'invoice' || (type !== 'token' && random.chance(0.4));
    const workspaceId = inOne && own.length > 0 ? random.pick(own) : undefined;
    const entities =
      type === 'channel' ? scenario.channels.filter((id) => isIn(scenario, id, workspaceId, own)) : [];
    const entity = entities.length > 0 && random.chance(0.3) ? { entityId: random.pick(entities) } : {};
    const fits = type !== 'invoice' || areDeclared(scenario, workspaceId, operations);
    if (operations.length === 0 || !fits) continue;
    const invoices = type === 'invoice' ? randomInvoices(random) : {};
    scopes.push({ entityType: type, operations, ...entity, ...invoices, workspaceId });
  }
  return scopes;
}

/** The ids of invoices, some of which begin alike. */
export const INVOICES = ['acme', 'acme/1', 'acme/1/a', 'acme/12', 'Acme/1', 'acme:1', 'acmé/1', 'acme2/1'];
const PATTERNS = ['acme/*', 'acme/1/*', 'acme:*', 'acmé/*', 'Acme/*'];

/** The entity of a scope on invoices: one, a pattern or all. */
function randomInvoices(random: Random): Pick<Scope, 'entityId' | 'entityPattern'> {
  if (random.chance(0.6)) return { entityPattern: random.pick(PATTERNS) };
  return random.chance(0.5) ? { entityId: random.pick(INVOICES) } : {};
}

function areDeclared(
  { registered }: Scenario,
  workspaceId: string | undefined,
  operations: readonly string[],
): boolean {
  const declared = workspaceId === undefined ? undefined : registered.get(workspaceId);
  return declared !== undefined && operations.every((operation) => declared[operation] !== undefined);
}

function isIn(
  scenario: Scenario,
  channel: string,
  workspace: string | undefined,
  own: readonly string[],
): boolean {
  const home = scenario.facts.channel(channel)?.workspace as string;
  return workspace === undefined ? own.includes(home) : home === workspace;
}

const OPERATIONS = {
  workspace: ['READ', 'LIST'],
  channel: ['READ', 'LIST', 'UPDATE', 'PUBLISH'],
  token: ['READ', 'LIST', 'UPDATE'],
  invoice: ['READ', 'UPDATE', 'REFUND', 'REFUND_ALL'],
} as const;
