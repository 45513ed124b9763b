import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { LOSSES } from '../support/granters/losses.ts';
import { createScene, GIVERS, THINGS } from '../support/granters/scene.ts';

let postern: TestApp;
let guest: Person;

beforeAll(async () => {
  postern = await startTestApp();
  guest = await postern.person('Guest');
});

afterAll(() => postern.close());

/** Personal tokens and guests invite nobody. */
const cases = LOSSES.flatMap((loss) =>
  THINGS.filter((thing) => loss.only === undefined || loss.only === thing).flatMap((thing) =>
    GIVERS.filter((giver) => loss.of.includes(giver))
      .filter((giver) => thing === 'share' || !['personal', 'derivedPersonal', 'guest'].includes(giver))
      .map((giver) => ({ loss, thing, giver, fate: fateOf(loss, giver, thing) })),
  ),
);

function fateOf(
  { fate }: (typeof LOSSES)[number],
  ...what: [(typeof GIVERS)[number], (typeof THINGS)[number]]
) {
  return typeof fate === 'string' ? fate : fate(...what);
}

describe('what somebody gave holds only while they could give it', () => {
  test.each(cases.map((each, index) => ({ ...each, index, name: each.loss.name })))(
    '$thing by $giver, $name: $fate',
    async ({ loss, thing, giver, fate, index }) => {
      const scene = await createScene(postern, guest, `s${index}`, giver, thing);
      expect(await scene.holds()).toBe(true);
      await loss.lose(scene);
      expect(await scene.holds()).toBe(fate === 'unchanged');
      if (fate !== 'unchanged') expect(await scene.works()).toBe(false);
      await loss.regain?.(scene);
      expect(await scene.holds()).toBe(fate !== 'deleted');
      expect(await scene.works()).toBe(fate !== 'deleted');
    },
  );
});
