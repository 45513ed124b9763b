import { expect, test } from 'vitest';
import { isEntityId, isEntityPattern } from '../../src/domain/entity-type.ts';
import { includesEntity } from '../../src/domain/scopes.ts';
import { seededRandom } from '../support/random.ts';

test.each(['acme/*', 'repo:*', 'a/*', 'acme/site/*', 'ü/*', `${'x'.repeat(198)}/*`])(
  '%s is a pattern',
  (text) => {
    expect([isEntityPattern(text), isEntityId(text)]).toEqual([true, false]);
  },
);

test.each([
  ...['', '*', '/*', ':*', 'acme', 'acme*', 'acme/', 'acme/**', 'a*b/*', '*/acme', 'acme/*/site', '*/*'],
  ...[
    'acme//*',
    '/acme/*',
    '../*',
    'acme/../*',
    './*',
    'acme/./*',
    'a%2f/*',
    'a\\/*',
    'a?/*',
    'a#/*',
    'a\n/*',
  ],
  ...['a\ud800/*', `${'x'.repeat(199)}/*`, 'acme/* ', ' /*\n'],
])('%j is no pattern', (text) => {
  expect(isEntityPattern(text)).toBe(false);
});

test.each([
  ...[
    'acme',
    'acme/site',
    'acme:site',
    'a.b',
    '...',
    'acme/.git',
    'arn:aws:s3:::bucket',
    'a b',
    '𝒳',
    'a@b+c',
  ],
])('%j is an id', (text) => {
  expect(isEntityId(text)).toBe(true);
});

test.each([
  ...['', '*', 'a*', '.', '..', 'acme/..', '../acme', 'acme/./site', 'repo:..', 'repo:../x', 'a:.:b'],
  ...[
    '/acme',
    'acme/',
    'acme//site',
    '/',
    'a%',
    'a%2e',
    'a\\b',
    'a?b',
    'a#b',
    'a\u0000',
    'a\u007f',
    'a\udc00',
  ],
])('%j is no id', (text) => {
  expect(isEntityId(text)).toBe(false);
});

test('a pattern includes the longer ids that begin with its literal, and the patterns below it', () => {
  expect(includesEntity('acme/*', 'acme/site')).toBe(true);
  expect(includesEntity('acme/*', 'acme/site/*')).toBe(true);
  expect(includesEntity('acme/*', 'acme/*')).toBe(true);
  for (const other of [
    'acme',
    'acme/',
    'Acme/site',
    'acme2/site',
    'acme:site',
    'x/acme/site',
    'ac/*',
    'acme:*',
  ]) {
    expect([other, includesEntity('acme/*', other)]).toEqual([other, false]);
  }
  expect(includesEntity('acme/site', 'acme/*')).toBe(false);
});

test('one pattern includes another exactly if it includes every id that the other includes', () => {
  const random = seededRandom(3);
  const text = (length: number) => Array.from({ length }, () => random.pick(['a', 'b', '/', ':'])).join('');
  const ids = Array.from({ length: 400 }, () => text(1 + random.below(6)));
  const naive = (pattern: string, id: string) =>
    id.length > pattern.length - 1 && [...pattern.slice(0, -1)].every((each, index) => id[index] === each);
  let included = 0;
  for (let round = 0; round < 400; round++) {
    const [outer, inner] = [`${text(1 + random.below(2))}/*`, `${text(1 + random.below(3))}:*`] as const;
    // One expectation a round: as many as ids would take seconds.
    expect([outer, ids.filter((id) => includesEntity(outer, id) !== naive(outer, id))]).toEqual([outer, []]);
    const literal = inner.slice(0, -1);
    expect(includesEntity(outer, inner)).toBe(
      naive(outer, `${literal}x`) && literal.length >= outer.length - 1,
    );
    included += includesEntity(outer, inner) ? 1 : 0;
  }
  expect(included).toBeGreaterThan(5);
});
