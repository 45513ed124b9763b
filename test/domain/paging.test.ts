import { describe, expect, test } from 'vitest';
import { encodeCursor, type PageOrder, parsePage } from '../../src/domain/paging.ts';
import { badPathsOf } from '../support/refusal.ts';

const BY_DATE: PageOrder = { name: 'CREATED_AT_DESC', keyType: 'number' };
const BY_NAME: PageOrder = { name: 'NAME_ASC', keyType: 'string' };
const PLACE = { key: 1700, id: 'b' };

function forge(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('a page', () => {
  test.each([
    [{}, { limit: 20, backward: false }],
    [{ first: 0 }, { limit: 0, backward: false }],
    [{ first: 100 }, { limit: 100, backward: false }],
    [{ last: 100 }, { limit: 100, backward: true }],
    [
      { first: null, last: 5 },
      { limit: 5, backward: true },
    ],
    [
      { first: 5, last: null, after: null, before: null },
      { limit: 5, backward: false },
    ],
  ])('%j is parsed as %j', (page, window) => {
    expect(parsePage(page, BY_DATE)).toEqual({ after: null, before: null, ...window });
  });

  test.each([
    [{ first: 101 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ last: 101 }, 'last'],
    [{ last: -1 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
  ])('%j is rejected at %s', (page, path) => {
    expect(badPathsOf(() => parsePage(page, BY_DATE))).toEqual([path]);
  });

  test('lies between its cursors in both directions', () => {
    const after = encodeCursor(BY_DATE, PLACE);
    const before = encodeCursor(BY_DATE, { key: 900, id: 'a' });
    const between = { after: PLACE, before: { key: 900, id: 'a' } };
    expect(parsePage({ after, before }, BY_DATE)).toMatchObject(between);
    expect(parsePage({ last: 3, after, before }, BY_DATE)).toMatchObject({ ...between, backward: true });
  });
});

describe('a cursor', () => {
  test('decodes to the position of its row, for any key', () => {
    for (const key of ['', 'ä"\\ \u{1f3f0}', "' or 1=1 --", 'x'.repeat(100)]) {
      expect(parsePage({ after: encodeCursor(BY_NAME, { key, id: 'b' }) }, BY_NAME).after).toEqual({
        key,
        id: 'b',
      });
    }
  });

  test.each([
    ['nothing', ''],
    ['text that is not base64', '%%%'],
    ['text that is not JSON', Buffer.from('tok_1').toString('base64url')],
    ['an object', forge({ key: 1, id: 'b' })],
    ['too few parts', forge(['CREATED_AT_DESC', 1])],
    ['too many parts', forge(['CREATED_AT_DESC', 1, 'b', 'c'])],
    ['another order', encodeCursor({ name: 'CREATED_AT_ASC', keyType: 'number' }, PLACE)],
    ['a key of another type', forge(['CREATED_AT_DESC', '1', 'b'])],
    ['a key that is not an integer', forge(['CREATED_AT_DESC', 1.5, 'b'])],
    ['an infinite key', Buffer.from('["CREATED_AT_DESC",1e999,"b"]').toString('base64url')],
    ['an id that is not a string', forge(['CREATED_AT_DESC', 1, 2])],
  ])('that contains %s is rejected as after and as before', (_what, cursor) => {
    expect(badPathsOf(() => parsePage({ after: cursor }, BY_DATE))).toEqual(['after']);
    expect(badPathsOf(() => parsePage({ before: cursor }, BY_DATE))).toEqual(['before']);
  });

  test.each([
    ['a blank after it', (cursor: string) => `${cursor} `],
    ['garbage after it', (cursor: string) => `${cursor}!!!`],
    ['garbage inside it', (cursor: string) => `${cursor.slice(0, 4)}*${cursor.slice(4)}`],
    ['padding', (cursor: string) => `${cursor}==`],
    ['another cursor after padding', (cursor: string) => `${cursor}=${cursor}`],
    ['other bits in its last character', (cursor: string) => `${cursor.slice(0, -1)}R`],
    [
      'different JSON of the same value',
      () => Buffer.from('["CREATED_AT_DESC", 1.7e3, "b"]').toString('base64url'),
    ],
    ['a different zero', () => Buffer.from('["CREATED_AT_DESC",-0,"b"]').toString('base64url')],
  ])('is rejected with %s', (_what, change) => {
    const cursor = encodeCursor(BY_DATE, PLACE);
    expect(parsePage({ after: cursor }, BY_DATE).after).toEqual(PLACE);
    expect(badPathsOf(() => parsePage({ after: change(cursor) }, BY_DATE))).toEqual(['after']);
  });
});
