import { expect, test } from 'vitest';
import type { TokenPrincipal } from '../../src/domain/principal.ts';
import { keepUntilCommit } from '../../src/services/access/kept-until-commit.ts';

const [ADA, BOB] = ['ada', 'bob'].map((tokenId) => ({ tokenId }) as TokenPrincipal) as [
  TokenPrincipal,
  TokenPrincipal,
];

/** What is read: the token and the number of the read. */
function setUp() {
  let version = 1;
  let reads = 0;
  const commit = () => void version++;
  let whileReading = () => {};
  const find = keepUntilCommit(
    () => version,
    async ({ tokenId }) => {
      whileReading();
      return `${tokenId} ${++reads}`;
    },
  );
  return { commit, find, commitWhileReading: () => (whileReading = commit) };
}

test('what was read about a caller is returned without a promise until something is committed', async () => {
  const { find, commit } = setUp();
  expect(await find(ADA)).toBe('ada 1');
  expect(find(ADA)).toBe('ada 1');
  commit();
  expect(find(ADA)).toBeInstanceOf(Promise);
  expect(find(ADA)).toBeInstanceOf(Promise);
});

test('what was read is kept for its caller only', async () => {
  const { find } = setUp();
  await find(ADA);
  expect(await find(BOB)).toBe('bob 2');
  expect(find(ADA)).toBe('ada 1');
});

test('what was read while something was committed is not kept', async () => {
  const { find, commitWhileReading } = setUp();
  commitWhileReading();
  expect(await find(ADA)).toBe('ada 1');
  expect(await find(ADA)).toBe('ada 2');
});

test('nothing is kept without a version of the data', async () => {
  let reads = 0;
  const find = keepUntilCommit(null, async () => ++reads);
  await find(ADA);
  expect(await find(ADA)).toBe(2);
});
