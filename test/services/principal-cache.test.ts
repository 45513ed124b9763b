import { expect, test } from 'vitest';
import { failure } from '../../src/domain/errors.ts';
import type { Principal } from '../../src/domain/principal.ts';
import { createPrincipalCache } from '../../src/services/access/principal-cache.ts';

const NOW = 1_000;

function session(sessionId: string, endsAt: number | null = null): Principal {
  return { kind: 'SESSION', sessionId, userId: 'u', verifiedEmail: 'u@example.com', endsAt };
}

function setUp() {
  let version = 1;
  const cache = createPrincipalCache(() => version);
  return { cache, commit: () => void version++ };
}

test('who was looked up is found, and nobody else', async () => {
  const { cache } = setUp();
  await cache.keep('a', async () => session('a'));
  expect(cache.find('a', NOW)).toEqual(session('a'));
  expect(cache.find('b', NOW)).toBeNull();
});

test('any commit forgets everybody', async () => {
  const { cache, commit } = setUp();
  await cache.keep('a', async () => session('a'));
  commit();
  expect(cache.find('a', NOW)).toBeNull();
});

test('what was read while something was committed is answered, and not kept', async () => {
  const { cache, commit } = setUp();
  const principal = await cache.keep('a', async () => {
    commit();
    return session('a');
  });
  expect(principal).toEqual(session('a'));
  expect(cache.find('a', NOW)).toBeNull();
});

test('what has ended by itself is not found any more', async () => {
  const { cache } = setUp();
  await cache.keep('a', async () => session('a', NOW));
  expect(cache.find('a', NOW - 1)).toEqual(session('a', NOW));
  expect(cache.find('a', NOW)).toBeNull();
});

test('a refusal passes, and is not kept', async () => {
  const { cache } = setUp();
  const refuse = async () => {
    throw failure('INVALID_TOKEN');
  };
  await expect(cache.keep('a', refuse)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  expect(cache.find('a', NOW)).toBeNull();
});
