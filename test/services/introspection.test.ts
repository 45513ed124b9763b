import { afterAll, beforeAll, expect, test } from 'vitest';
import { toGlobalId } from '../../src/domain/global-id.ts';
import { BUILT_IN_OPERATIONS, OPERATIONS, type Operation, type ScopeRule } from '../../src/domain/scopes.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import type { AccessCheck } from '../../src/services/access/access-checks.ts';
import type { Credential } from '../../src/services/access/caller.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { createPersonalToken } from '../support/tokens.ts';

/** Two each at the most: a person has a hundred. */
const TOKENS = 50;

/** Something that can be asked about: an entity in a workspace, or a new one there. */
interface Thing {
  readonly entityType: string;
  /** As callers name it; `undefined` for one that does not exist yet. */
  readonly entityId?: string;
  readonly workspaceId: string;
}

let postern: TestApp;
let ada: Person;
let things: Thing[];

async function furnish(workspaceId: string): Promise<Thing[]> {
  const by = postern.owner.session;
  const channels = [];
  for (const name of ['one', 'two']) channels.push(await createChannel(postern, { name, workspaceId, by }));
  const repository = { workspaceId, name: 'repository', operations: ['CREATE', 'READ', 'DELETE'] };
  await mutate(postern, 'registerEntityType', repository, by, 'entityType { name }');
  return [
    { entityType: 'workspace', entityId: workspaceId, workspaceId },
    ...channels.map((entityId) => ({ entityType: 'channel', entityId, workspaceId })),
    { entityType: 'channel', workspaceId },
    ...['a', 'b'].map((entityId) => ({ entityType: 'repository', entityId, workspaceId })),
  ];
}

/** Ada is a Team Member of one workspace, a Viewer of the next, and has no more than a share in the third. */
beforeAll(async () => {
  postern = await startTestApp();
  const { owner, workspaceId } = postern;
  ada = await postern.person('Ada', 'TEAM_MEMBER');
  const second = await postern.workspace('Second', [
    [owner, 'OWNER'],
    [ada, 'VIEWER'],
  ]);
  const third = await postern.workspace('Third', [[owner, 'OWNER']]);
  things = [...(await furnish(workspaceId)), ...(await furnish(second)), ...(await furnish(third))];
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

/** Scopes that Ada may give: on types, on what she sees, in workspaces where she sees something of the type. */
function someScopes(random: Random): object[] {
  const visible = things.filter((_, index) => index < 12);
  return Array.from({ length: 1 + random.below(4) }, () => {
    const { entityType, entityId, workspaceId } = random.pick(visible);
    const operations = random.some(operationsOf(entityType));
    return {
      entityType,
      operations: operations.length > 0 ? operations : ['READ'],
      ...(entityId !== undefined && random.chance(0.5) && { entityId }),
      ...(random.chance(0.3) && { workspaceId }),
    };
  });
}

async function issue(random: Random): Promise<string> {
  if (random.chance(0.1)) return (await createPersonalToken(postern, ada.session)).secret;
  const scopes = [...someScopes(random), { entityType: 'token', operations: ['CREATE'] }];
  const token = await createPersonalToken(postern, ada.session, { access: 'SCOPED', scopes });
  if (random.chance(0.5)) return token.secret;
  const child = await createPersonalToken(postern, token.secret, { access: 'SCOPED', scopes });
  // What the parent loses, the child loses: now the two differ.
  await mutate(
    postern,
    'updateToken',
    { id: token.id, scopes: someScopes(random) },
    ada.session,
    'token { id }',
  );
  return child.secret;
}

/** Whether rules give an operation on a thing, as somebody reads them who knows nothing else. */
function give(
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

test('introspection returns exactly what the token is allowed', async () => {
  const { services } = postern.app;
  const { access, authentication, introspection } = services;
  const random = seededRandom(7);
  const person: Credential = { kind: 'SESSION', digest: digestOf(ada.session), source: 'bearer' };
  const caller = await authentication.authenticate(person);
  const answers = { yes: 0, no: 0 };
  for (let round = 0; round < TOKENS; round += 1) {
    const secret = await issue(random);
    const credential: Credential = { kind: 'PERSONAL', digest: digestOf(secret), source: 'bearer' };
    const principal = await authentication.authenticate(credential);
    const scopes = (await introspection.describe(caller, secret))?.scopes ?? [];
    for (const thing of things) {
      for (const operation of OPERATIONS) {
        // A channel that does not exist yet can be created, and no more; one that exists cannot be.
        if (thing.entityType === 'channel' && (operation === 'CREATE') !== (thing.entityId === undefined))
          continue;
        const question: AccessCheck = { operation, ...thing };
        const { allowed } = await access.check(principal, question);
        answers[allowed ? 'yes' : 'no'] += 1;
        expect({ round, question, allowed: give(scopes, operation, thing) }).toEqual({
          round,
          question,
          allowed,
        });
      }
    }
  }
  expect(answers.yes).toBeGreaterThan(200);
  expect(answers.no).toBeGreaterThan(2000);
});
