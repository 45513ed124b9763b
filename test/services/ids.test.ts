import { expect, test } from 'vitest';
import { createOrderedIds } from '../../src/platform/ids.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are UUIDv7 with the present millisecond', () => {
  const newId = createOrderedIds(() => 0x0123_4567_89ab);
  for (let n = 0; n < 1000; n++) expect(newId()).toMatch(UUID_V7);
  expect(newId()).toMatch(/^01234567-89ab-/);
});

test('ids are all different, also those of two sources in the same millisecond', () => {
  const sources = [createOrderedIds(() => 5), createOrderedIds(() => 5)];
  const ids = sources.flatMap((newId) => Array.from({ length: 2000 }, newId));
  expect(new Set(ids).size).toBe(4000);
  const randomEnds = new Set(ids.map((id) => id.slice(-8)));
  expect(randomEnds.size).toBeGreaterThan(3990);
});

test('later ids sort after earlier ones, also if the clock stands still or goes back', () => {
  let now = 1000;
  const newId = createOrderedIds(() => now);
  const ids = [0, 0, 1, -900, 0, 2000].flatMap((step) => {
    now += step;
    return Array.from({ length: 500 }, newId);
  });
  expect(ids).toEqual(ids.toSorted());
});
