import { HOUR } from '../../../src/domain/duration.ts';
import { composeSecret } from '../../../src/domain/secret.ts';
import { RANKS, reaches, type Scope } from '../oracle.ts';
import {
  type EntityType,
  EVERYTHING,
  type NamedCaller,
  OPERATIONS_OF,
  type PersonName,
  type World,
} from './world.ts';

/** A credential that is refused as a whole, with the refusal. */
export interface InvalidCredential {
  readonly name: string;
  readonly secret: string;
  readonly status: number;
  readonly code: string;
}

function only(entityType: EntityType, operation: string, limit: Partial<Scope> = {}): readonly Scope[] {
  return [{ entityType, operations: [operation], ...limit }];
}

/** Every scope except one operation on one type. */
function allBut(entityType: EntityType, operation: string): readonly Scope[] {
  return EVERYTHING.map((scope) =>
    scope.entityType === entityType
      ? { ...scope, operations: scope.operations.filter((other) => other !== operation) }
      : scope,
  );
}

function named(caller: NamedCaller, name: string): NamedCaller {
  return { ...caller, name: `${caller.name} ${name}` };
}

async function sessions(world: World): Promise<NamedCaller[]> {
  const names: PersonName[] = [
    'outsider',
    'viewer',
    'teamMember',
    'manager',
    'administrator',
    'owner',
    'stranger',
  ];
  return Promise.all(
    names.map(async (name) => {
      const { id, session } = world.people[name];
      const { ownToken } = await world.personalToken(name, []);
      return { name: `the ${name}`, secret: session, ownToken, who: { kind: 'session', user: id } as const };
    }),
  );
}

/** Sessions whose users signed in too long ago for the changes that require a recent sign-in. */
async function staleSessions({ postern, people }: World): Promise<NamedCaller[]> {
  return Promise.all(
    (['manager', 'owner'] as const).map(async (name) => {
      const { id, email } = people[name];
      const who = { kind: 'session', user: id, stale: true } as const;
      return { name: `the ${name}, signed in long ago`, secret: await postern.signIn(email), who };
    }),
  );
}

/** Confirms the passwords of everyone, whose sessions are then recent, except the stale sessions. */
export async function reauthenticate({ people, mutate }: World): Promise<void> {
  for (const { password, session } of Object.values(people)) {
    await mutate('reauthenticate', { password }, session);
  }
}

async function personalTokens(world: World): Promise<NamedCaller[]> {
  const parent = await world.personalToken('owner', EVERYTHING);
  const child = await world.personalToken('owner', EVERYTHING, parent);
  const limited = await world.personalToken('owner', EVERYTHING);
  const orphan = await world.personalToken('owner', EVERYTHING, limited);
  const little = only('workspace', 'READ');
  await world.rescope('owner', limited, little);
  return [
    named(await world.personalToken('outsider', 'FULL'), 'with FULL access'),
    named(await world.personalToken('viewer', 'FULL'), 'with FULL access'),
    named(await world.personalToken('owner', 'FULL'), 'with FULL access'),
    named(await world.personalToken('owner', []), 'without scopes'),
    { ...named(parent, 'with every scope'), derived: child.ownToken },
    named(child, 'derived, with every scope'),
    {
      ...named(orphan, 'derived from one with few scopes'),
      who: { ...orphan.who, line: [EVERYTHING, little] } as never,
    },
  ];
}

/** SCOPED workspace tokens, as a service issues them for its customers, with a role that alone would suffice. */
async function customerTokens(world: World, maker: NamedCaller): Promise<NamedCaller[]> {
  const reachable = EVERYTHING.filter(({ entityType }) => entityType !== 'token');
  return [
    named(await world.customerToken('home', 'OWNER', reachable), 'with every scope'),
    named(await world.customerToken('home', 'VIEWER', reachable, maker), 'with every scope'),
    named(await world.customerToken('home', 'OWNER', only('channel', 'READ'), maker), 'that reads channels'),
    named(await world.customerToken('home', 'OWNER', []), 'without scopes'),
  ];
}

/** The callers of every field: all those with a valid credential. */
export async function createCallers(world: World): Promise<NamedCaller[]> {
  const ofHome: NamedCaller[] = [];
  for (const role of RANKS) {
    const caller = await world.workspaceToken('home', role);
    if (!reaches(role, 'WORKSPACE_MANAGER')) ofHome.push(caller);
    else {
      const child = await world.workspaceToken('home', 'VIEWER', 'owner', caller);
      ofHome.push({ ...caller, derived: child.ownToken });
    }
  }
  return [
    { name: 'anonymous', secret: null, who: { kind: 'anonymous' } },
    ...(await sessions(world)),
    ...(await staleSessions(world)),
    ...(await personalTokens(world)),
    ...ofHome,
    ...(await customerTokens(world, ofHome.at(-1) as NamedCaller)),
    await world.workspaceToken('foreign', 'OWNER', 'stranger'),
    await world.workspaceToken('strict', 'ADMINISTRATOR'),
  ];
}

/** Limits of a scope that include the first entity, or exclude it. */
function limitsOf(
  world: World,
  entityType: EntityType,
  sibling: string,
): readonly [string, Partial<Scope>][] {
  const { home, strict } = world.workspaces;
  if (entityType === 'token') return [['on another token', { entityId: sibling }]];
  const within: [string, Partial<Scope>][] = [
    ['in home', { workspaceId: home }],
    ['in strict', { workspaceId: strict }],
  ];
  if (entityType === 'channel') return within;
  return [...within, ['on home', { entityId: home }], ['on strict', { entityId: strict }]];
}

/** Personal tokens around one scope: with exactly that scope, with a limited one, and with every other one. */
export async function createScopedCallers(
  world: World,
  entityType: EntityType,
  operation: string,
  sibling: string,
): Promise<NamedCaller[]> {
  const scope = `${operation} on ${entityType}`;
  async function make(owner: PersonName, scopes: readonly Scope[], name: string): Promise<NamedCaller> {
    if (entityType !== 'token') return named(await world.personalToken(owner, scopes), name);
    const all = await world.personalToken(owner, EVERYTHING);
    const { ownToken: derived } = await world.personalToken(owner, [], all);
    return { ...named(await world.rescope(owner, all, scopes), name), derived };
  }
  const exactly = only(entityType, operation);
  const callers = [
    await make('owner', exactly, `with exactly ${scope}`),
    await make('viewer', exactly, `with exactly ${scope}`),
    await make('outsider', exactly, `with exactly ${scope}`),
    await make('owner', allBut(entityType, operation), `with all but ${scope}`),
  ];
  for (const [words, limit] of limitsOf(world, entityType, sibling)) {
    callers.push(await make('owner', only(entityType, operation, limit), `with ${scope} ${words}`));
  }
  return callers;
}

/** Every type with each of its operations. */
export function everyScope(): (readonly [EntityType, string])[] {
  return Object.entries(OPERATIONS_OF).flatMap(([type, operations]) =>
    operations.map((operation) => [type as EntityType, operation] as const),
  );
}

function secretOfNothing(kind: 'PERSONAL' | 'SESSION' | 'INVITATION' | 'RESET' | 'DIRECTORY'): string {
  return composeSecret(kind, new Uint8Array(32).fill(7));
}

/** Tokens of one kind, each invalid in another way. Advances the clock by hours. */
async function deadTokens(
  world: World,
  kind: string,
  make: () => Promise<NamedCaller>,
): Promise<InvalidCredential[]> {
  const { session } = world.people.owner;
  async function after(field: string, input: object = {}): Promise<string> {
    const { ownToken, secret } = await make();
    await world.mutate(field, { id: ownToken, ...input }, session);
    return secret as string;
  }
  const died = (how: string, secret: string, code: string) => ({
    name: `${kind}, ${how}`,
    secret,
    status: 401,
    code,
  });
  const short = await make();
  const { secret: expired } = await world.mutate(
    'regenerateToken',
    { id: short.ownToken, expires: { after: 'PT1H' } },
    session,
    'secret',
  );
  return [
    died('expired', expired, 'TOKEN_EXPIRED'),
    died('revoked', await after('revokeToken'), 'TOKEN_REVOKED'),
    died('disabled', await after('disableToken'), 'TOKEN_DISABLED'),
    died('deleted', await after('deleteToken'), 'INVALID_TOKEN'),
    died('superseded', await after('regenerateToken'), 'INVALID_TOKEN'),
    died(
      'superseded, its overlap over',
      await after('regenerateToken', { overlap: 'PT1H' }),
      'INVALID_TOKEN',
    ),
  ];
}

/** Tokens that are invalid because another token is. */
async function deadHeirs(world: World): Promise<InvalidCredential[]> {
  const heir = async (
    field: string,
    input: object,
    status: number,
    code: string,
  ): Promise<InvalidCredential> => {
    const parent = await world.personalToken('owner', EVERYTHING);
    const { secret } = await world.personalToken('owner', only('workspace', 'READ'), parent);
    await world.mutate(field, { id: parent.ownToken, ...input }, world.people.owner.session);
    return { name: `derived from a token after ${field}`, secret: secret as string, status, code };
  };
  return [
    await heir('revokeToken', {}, 401, 'TOKEN_REVOKED'),
    await heir('disableToken', {}, 401, 'TOKEN_DISABLED'),
    await heir('deleteToken', {}, 401, 'INVALID_TOKEN'),
    await heir('regenerateToken', { expires: { after: 'PT1H' } }, 401, 'TOKEN_EXPIRED'),
    await heir('updateToken', { access: 'NONE' }, 403, 'TOKEN_NO_ACCESS'),
  ];
}

/** Every invalid credential. Advances the clock by hours. */
export async function createInvalidCredentials(world: World): Promise<InvalidCredential[]> {
  const { postern } = world;
  const none = await world.personalToken('owner', 'NONE');
  const deactivated = await postern.person('deactivated');
  const { secret: ofGone } = await world.mutate(
    'createToken',
    { name: 'x', access: 'FULL' },
    deactivated.session,
    'secret',
  );
  await postern.app.services.operator.deactivateUser(deactivated.email);
  const ended = await postern.signIn(world.people.bystander.email);
  await postern.post('mutation { signOut { signedOut } }', {}, ended);
  const invalid = [
    ...(await deadTokens(world, 'a personal token', () => world.personalToken('owner', 'FULL'))),
    ...(await deadTokens(world, 'a workspace token', () => world.workspaceToken('home', 'OWNER'))),
    ...(await deadHeirs(world)),
    {
      name: 'a personal token without access',
      secret: none.secret as string,
      status: 403,
      code: 'TOKEN_NO_ACCESS',
    },
    { name: 'a token of a deactivated user', secret: ofGone, status: 401, code: 'INVALID_TOKEN' },
    {
      name: 'a session of a deactivated user',
      secret: deactivated.session,
      status: 401,
      code: 'INVALID_SESSION',
    },
    { name: 'a session that has ended', secret: ended, status: 401, code: 'INVALID_SESSION' },
    { name: 'no session', secret: secretOfNothing('SESSION'), status: 401, code: 'INVALID_SESSION' },
    { name: 'no token', secret: secretOfNothing('PERSONAL'), status: 401, code: 'INVALID_TOKEN' },
    { name: 'an invitation', secret: secretOfNothing('INVITATION'), status: 401, code: 'INVALID_TOKEN' },
    { name: 'a reset link', secret: secretOfNothing('RESET'), status: 401, code: 'INVALID_TOKEN' },
    { name: 'a SCIM credential', secret: secretOfNothing('DIRECTORY'), status: 401, code: 'INVALID_TOKEN' },
    { name: 'no secret', secret: 'pat_nothing', status: 401, code: 'INVALID_TOKEN' },
  ];
  postern.advance(2 * HOUR);
  return invalid;
}
