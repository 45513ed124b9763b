import { describe, expect, test } from 'vitest';
import { DAY, formatDuration, HOUR, MINUTE, parseDuration, SECOND } from '../../src/domain/duration.ts';
import { seededRandom } from '../support/random.ts';
import { badPathsOf } from '../support/refusal.ts';

describe('a duration', () => {
  test.each([
    ['PT1S', SECOND],
    ['PT15M', 15 * MINUTE],
    ['PT36H', 36 * HOUR],
    ['P30D', 30 * DAY],
    ['P2W', 14 * DAY],
    ['P1M', 30 * DAY],
    ['P1Y', 365 * DAY],
    ['P1Y2M3W4DT5H6M7S', (365 + 60 + 21 + 4) * DAY + 5 * HOUR + 6 * MINUTE + 7 * SECOND],
    ['P0DT1S', SECOND],
    ['P1000Y', 365_000 * DAY],
  ])('%s is %i milliseconds', (text, milliseconds) => {
    expect(parseDuration(text, ['overlap'])).toBe(milliseconds);
  });

  test.each([
    '',
    'P',
    'PT',
    'PT0S',
    'P0D',
    '-P1D',
    'P-1D',
    'P1.5D',
    'P1,5D',
    'PT0.5S',
    '1D',
    'P1D ',
    ' P1D',
    'p1d',
    'P1H',
    'PT1D',
    'P1D1Y',
    'P1DT',
    'P1S',
    'P٣D',
    'P9999999D',
    'PT9999999999S',
    'P30D\n',
    'P1000YT1S',
    'P999999Y',
  ])('cannot be %j', (text) => {
    expect(badPathsOf(() => parseDuration(text, ['input', 'overlap']))).toEqual(['input.overlap']);
  });

  test('of whole seconds is the same after formatting and parsing', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 500; round++) {
      const milliseconds = (1 + random.below(random.pick([60, 3600, 86_400, 1_000_000_000]))) * SECOND;
      expect(parseDuration(formatDuration(milliseconds), [])).toBe(milliseconds);
    }
  });

  test.each([
    [0, 'PT0S'],
    [999, 'PT0S'],
    [SECOND, 'PT1S'],
    [MINUTE, 'PT1M'],
    [DAY, 'P1D'],
    [366 * DAY, 'P366D'],
    [DAY + SECOND, 'P1DT1S'],
    [25 * HOUR + 61 * SECOND, 'P1DT1H1M1S'],
  ])('of %i milliseconds is formatted as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
