import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { type GrantOutcome, LOSSES, type Loss } from '../support/granters/losses.ts';
import {
  accept,
  createScene,
  GIVERS,
  type Giver,
  heldThings,
  type Thing,
  thingsOf,
} from '../support/granters/scene.ts';
import { sampleIfRepeated } from '../support/test-length.ts';

let postern: TestApp;
let guest: Person;

beforeAll(async () => {
  postern = await startTestApp();
  guest = await postern.person('Guest');
});

afterAll(() => postern.close());

function outcomeFor({ outcome }: Loss, giver: Giver, thing: Thing): GrantOutcome {
  return typeof outcome === 'string' ? outcome : outcome(giver, thing);
}

const cases = LOSSES.flatMap((loss) =>
  GIVERS.filter((giver) => loss.of.includes(giver)).map((giver) => {
    const things = thingsOf(giver).map((thing) => ({ thing, outcome: outcomeFor(loss, giver, thing) }));
    return { giver, loss, things, name: loss.name };
  }),
).map((each, index) => ({ ...each, scene: `s${index}` }));

test.each(sampleIfRepeated(cases, { short: 6, ci: 3 }))(
  'the grants of $giver are effective only if it could give them now: $name',
  async (each) => {
    const { loss, giver, things } = each;
    const expected = (...outcomes: GrantOutcome[]) =>
      things.filter(({ outcome }) => outcomes.includes(outcome)).map(({ thing }) => thing);

    const scene = await createScene(postern, guest, each.scene, giver);
    expect(await heldThings(scene)).toEqual(thingsOf(giver));

    await loss.lose(scene);
    const left = expected('unchanged');
    expect(await heldThings(scene)).toEqual(left);
    if (scene.invitationSecret && !left.includes('invitation')) expect(await accept(scene)).toBe(false);

    await loss.regain?.(scene);
    const regained = expected('unchanged', 'comes back');
    expect(await heldThings(scene)).toEqual(regained);
    if (scene.invitationSecret) expect(await accept(scene)).toBe(regained.includes('invitation'));
  },
);
