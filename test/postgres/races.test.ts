import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import type { Lock } from '../../src/storage/locks.ts';
import { runOn, siblingUrl } from '../support/postgres-server.ts';
import { CALLS } from '../support/races/actions.ts';
import type { MeetingMode } from '../support/races/meeting.ts';
import { PAIRS, type Races, startRaces } from '../support/races/races.ts';
import { createScene } from '../support/races/scene.ts';
import { seededRandom } from '../support/random.ts';
import { sample, testLength } from '../support/test-length.ts';

/** The number of rounds; by default as many as there is time for. `npm run race` makes 10,000. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? Infinity);
const SECONDS = process.env.RACE_ROUNDS ? Infinity : testLength({ short: 3, ci: 6, full: 6 });
const SEED = Number(process.env.RACE_SEED ?? 1);

/** Calls meet in their first transactions, or in later ones of calls that have several. */
const FIRST: readonly MeetingMode[] = ([0, 1] as const).map((early) => ({ early, after: [0, 0] }));
const LATER: readonly MeetingMode[] = ([0, 1] as const).flatMap((early) =>
  (
    [
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const
  ).map((after) => ({ early, after })),
);

/** Rounds in which time decides, and rounds in which the calls meet. All pairs are as many as a multiple of three and one more. */
const MODES = [undefined, ...FIRST];

/** Nodes that take all locks. Each round begins with the same rows, so the tests share them. */
let races: Races;
/** Nodes whose transactions lack the locks of the kind `missing`. */
let careless: Races;
let missing: Lock['on'] | null = null;

async function createDatabase(): Promise<string> {
  const template = inject('postgresTemplate') as string;
  const original = new URL(template).pathname.slice(1);
  const name = `${original}_races_${randomUUID().slice(0, 8)}`;
  await runOn(siblingUrl(template, 'postgres'), `create database "${name}" template "${original}"`);
  return siblingUrl(template, name);
}

beforeAll(async () => {
  const scene = await createScene();
  races = await startRaces(await createDatabase(), scene);
  careless = await startRaces(await createDatabase(), scene, () => missing);
});

afterAll(async () => {
  await races.close();
  await careless.close();
});

test('every mutation takes part in the races', () => {
  expect(Object.keys(CALLS).sort()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).sort());
});

test('two concurrent calls on two nodes end as in one order or the other, and none is repeated', async () => {
  const abortedBefore = await races.aborted();
  const random = seededRandom(SEED);
  const ends = performance.now() + SECONDS * 1000;
  const found: unknown[] = [];
  let round = 0;
  for (; round < ROUNDS && performance.now() < ends; round++) {
    const pair =
      SECONDS === Infinity ? (PAIRS[round % PAIRS.length] as (typeof PAIRS)[0]) : random.pick(PAIRS);
    const mode = MODES[round % MODES.length];
    const wrong = await races.run(pair, mode);
    if (wrong.length > 0) found.push([pair, mode, ...wrong]);
  }
  const aborted = (await races.aborted()) - abortedBefore;
  console.log(`${round} rounds of ${PAIRS.length} pairs, ${aborted} transactions aborted`);
  expect(found).toEqual([]);
  expect(aborted).toBe(0);
}, 0);

/** Calls of several transactions, or that read before theirs, between which another one must not come. */
const IN_PARTS: readonly [string, string][] = [
  ['changePassword 0', 'scimUpdate 0'],
  ['changePassword 1', 'scimUpdate 0'],
  ['reauthenticate 0', 'scimUpdate 0'],
  ['exchangeToken 0', 'updateFederation 0'],
  ['scimGroup 1', 'scimGroup 2'],
  ['scimGroup 2', 'scimGroup 2'],
  ['scimGroup 2', 'scimGroup 3'],
  ['scimGroup 2', 'scimGroup 4'],
];

test.each(IN_PARTS)('%s and %s end as in one order, however they meet', async (one, other) => {
  const found: unknown[] = [];
  for (const mode of [...MODES, ...LATER]) found.push(...(await races.run([one, other], mode)));
  expect(found).toEqual([]);
});

/** Calls that begin the end of many rows, each with another call that meets what applies the end. */
const BEGUN: readonly [string, string][] = [
  ['deactivateUser 0', 'applyCascades 0'],
  ['deactivateUser 0', 'unshareChannel 0'],
  ['deactivateUser 0', 'revokeToken 2'],
  ['deleteWorkspace 0', 'applyCascades 0'],
  ['deleteWorkspace 0', 'acceptInvitation 0'],
];
/** They meet at the first or the second chunk of the end. */
const AT_CHUNKS = [
  ...FIRST,
  ...LATER.filter(({ early, after }) => after[early] === 1 && after[1 - early] === 0),
];

test.each(sample(BEGUN, 2))(
  'after %s, what applies its end and %s end as in one order, however they meet',
  async (begins, other) => {
    const found: unknown[] = [];
    for (const mode of AT_CHUNKS) {
      found.push(...(await races.run(['applyCascades 0', other], mode, ['applyCascades 0', begins])));
    }
    expect(found).toEqual([]);
  },
);

/** For each kind of lock, calls that end wrongly without it. */
const KEPT_APART: readonly [Lock['on'], string, string][] = [
  ['everything', 'deactivateUser 0', 'regenerateToken 2'],
  ['directories', 'scimGroup 4', 'scimGroup 4'],
  ['identity', 'linkIdentity 0', 'linkIdentity 1'],
  ['identity', 'completeSignIn 1', 'completeSignIn 2'],
  ['email', 'acceptInvitation 0', 'acceptInvitation 1'],
  ['email', 'scimCreate 0', 'completeSignIn 1'],
  ['slug', 'createWorkspace 0', 'createWorkspace 1'],
  ['groupRoles', 'replaceGroups 2', 'setGroupRole 1'],
  ['user', 'createToken 0', 'createToken 0'],
  ['user', 'scimDeactivate 0', 'signIn 0'],
  ['user', 'applyCascades 0', 'applyCascades 0'],
  ['workspace', 'applyCascades 0', 'applyCascades 0'],
  ['workspace', 'applyCascades 0', 'updateMemberRole 2'],
  ['workspace', 'removeMember 0', 'removeMember 1'],
  ['holderOf', 'regenerateToken 0', 'regenerateToken 0'],
  ['workspaceOf', 'shareChannel 0', 'shareChannel 2'],
  ['workspaceOfFederation', 'exchangeToken 0', 'deleteFederation 0'],
  ['holdersOfSecrets', 'storeSnapshots 0', 'revokeToken 0'],
];

/** Mostly one of the first two finds it. */
const MOST_ROUNDS = 40;

test.each(KEPT_APART)('the races find a missing lock: %s', async (kind, one, other) => {
  missing = null;
  expect(await careless.run([one, other], FIRST[0])).toEqual([]);
  missing = kind;
  let found: string[] = [];
  for (let round = 0; round < MOST_ROUNDS && found.length === 0; round++) {
    found = await careless.run([one, other], FIRST[round % FIRST.length]);
  }
  expect(found).not.toEqual([]);
});

/** Calls that delete shares of a workspace whose lock nothing else in them names. Without it, they could deadlock. */
const WAITING: readonly [Lock['on'], string][] = [
  ['sharesOfToken', 'deleteToken 0'],
  ['sharesOfToken', 'revokeToken 1'],
  ['grantsOfUser', 'deleteAllTokens 0'],
  ['grantsOfUser', 'changePassword 1'],
  ['grantsOfUser', 'scimDeactivate 0'],
];

test.each(WAITING)('with the lock %s, %s waits for changes of a workspace', async (kind, name) => {
  missing = null;
  expect(await careless.waitsForWorkspace(name)).toBe(true);
  missing = kind;
  expect(await careless.waitsForWorkspace(name)).toBe(false);
});
