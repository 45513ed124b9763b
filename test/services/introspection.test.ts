import { afterAll, beforeAll, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.ts';
import { BUILT_IN_OPERATIONS, OPERATIONS, type Operation, type ScopeRule } from '../../src/domain/scopes.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import type { AccessCheck } from '../../src/services/access/access-checks.ts';
import type { Credential } from '../../src/services/access/caller.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { declared } from '../support/operations.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { createPersonalToken } from '../support/tokens.ts';

/** Each round creates at most two tokens, and a user can have 100. */
const TOKENS = 50;

/** The subject of a check: an entity in a workspace, or a new entity in it. */
interface Thing {
  readonly entityType: string;
  /** The id in the API; `undefined` for an entity that does not exist yet. */
  readonly entityId?: string;
  readonly workspaceId: string;
}

let postern: TestApp;
let ada: Person;
let things: Thing[];

async function createThings(workspaceId: string): Promise<Thing[]> {
  const by = postern.owner.session;
  const channels = [];
  for (const name of ['one', 'two']) channels.push(await createChannel(postern, { name, workspaceId, by }));
  const repository = { workspaceId, name: 'repository', operations: declared('CREATE', 'READ', 'DELETE') };
  await mutate(postern, 'registerEntityType', repository, by, 'entityType { name }');
  return [
    { entityType: 'workspace', entityId: workspaceId, workspaceId },
    ...channels.map((entityId) => ({ entityType: 'channel', entityId, workspaceId })),
    { entityType: 'channel', workspaceId },
    ...['a', 'b'].map((entityId) => ({ entityType: 'repository', entityId, workspaceId })),
  ];
}

/** Ada is a Team Member of the first workspace, a Viewer of the second, and has only a share in the third. */
beforeAll(async () => {
  postern = await startTestApp();
  const { owner, workspaceId } = postern;
  ada = await postern.person('Ada', 'TEAM_MEMBER');
  const second = await postern.workspace('Second', [
    [owner, 'OWNER'],
    [ada, 'VIEWER'],
  ]);
  const third = await postern.workspace('Third', [[owner, 'OWNER']]);
  things = [
    ...(await createThings(workspaceId)),
    ...(await createThings(second)),
    ...(await createThings(third)),
  ];
  const channelsIn = (id: string) =>
    things.filter((thing) => thing.workspaceId === id && thing.entityType === 'channel');
  await share(postern, channelsIn(second)[0]?.entityId as string, ada, ['PUBLISH', 'DELETE']);
  await share(postern, channelsIn(third)[0]?.entityId as string, ada, ['READ', 'SHARE']);
});
afterAll(() => postern.close());

function operationsOf(entityType: string): readonly Operation[] {
  if (entityType === 'workspace' || entityType === 'channel') return BUILT_IN_OPERATIONS[entityType];
  return ['CREATE', 'READ', 'DELETE'];
}

/** Returns scopes that Ada can give: on types, on entities that she can see, and in workspaces where she can see one. */
function someScopes(random: Random): object[] {
  const visible = things.filter((_, index) => index < 12);
  return Array.from({ length: 1 + random.below(4) }, () => {
    const { entityType, entityId, workspaceId } = random.pick(visible);
    const operations = random.some(operationsOf(entityType));
    return {
      entityType,
      operations: operations.length > 0 ? operations : ['READ'],
      ...(entityId !== undefined && random.chance(0.5) && { entityId }),
      ...((entityType === 'repository' || random.chance(0.3)) && { workspaceId }),
    };
  });
}

async function issue(random: Random): Promise<string> {
  if (random.chance(0.1)) return (await createPersonalToken(postern, ada.session)).secret;
  const scopes = [...someScopes(random), { entityType: 'token', operations: ['CREATE'] }];
  const token = await createPersonalToken(postern, ada.session, { access: 'SCOPED', scopes });
  if (random.chance(0.5)) return token.secret;
  const child = await createPersonalToken(postern, token.secret, { access: 'SCOPED', scopes });
  // The child loses what its parent loses, so that their stored scopes differ.
  await mutate(
    postern,
    'updateToken',
    { id: token.id, scopes: someScopes(random) },
    ada.session,
    'token { id }',
  );
  return child.secret;
}

/** Returns whether the rules alone give an operation on a thing. */
function includes(
  rules: readonly ScopeRule[],
  operation: Operation,
  { entityType, entityId, workspaceId }: Thing,
): boolean {
  return rules.some(
    (rule) =>
      rule.entityType === entityType &&
      rule.operations.includes(operation) &&
      toGlobalId('Workspace', rule.workspaceId as string) === workspaceId &&
      (rule.entityId === null ||
        (entityType === 'channel' ? toGlobalId('Channel', rule.entityId) : rule.entityId) === entityId),
  );
}

test('introspection returns exactly the operations that the token is allowed', async () => {
  const { services } = postern.app;
  const { access, authentication, introspection } = services;
  const random = seededRandom(7);
  const person: Credential = { kind: 'SESSION', digest: digestOf(ada.session), source: 'bearer' };
  const caller = await authentication.authenticate(person, null);
  const counts = { allowed: 0, denied: 0 };
  for (let round = 0; round < TOKENS; round += 1) {
    const secret = await issue(random);
    const credential: Credential = { kind: 'PERSONAL', digest: digestOf(secret), source: 'bearer' };
    const principal = await authentication.authenticate(credential, null);
    const scopes = (await introspection.describe(caller, secret, null))?.scopes ?? [];
    for (const thing of things) {
      for (const operation of OPERATIONS) {
        // A channel that does not exist allows only CREATE, and an existing channel every other operation.
        if (thing.entityType === 'channel' && (operation === 'CREATE') !== (thing.entityId === undefined))
          continue;
        const check: AccessCheck = { operation, ...thing };
        const { allowed } = await access.check(principal, check);
        counts[allowed ? 'allowed' : 'denied'] += 1;
        expect({ round, check, allowed: includes(scopes, operation, thing) }).toEqual({
          round,
          check,
          allowed,
        });
      }
    }
  }
  expect(counts.allowed).toBeGreaterThan(200);
  expect(counts.denied).toBeGreaterThan(2000);
});
