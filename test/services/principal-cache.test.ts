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
  return {
    commit: () => void version++,
    lookUp: (digest: string, find: () => Promise<Principal>) => cache.get(digest, NOW, find),
    /** The cached principal of a digest; `null` if it would have to be looked up. */
    cached(digest: string, now = NOW): Principal | null {
      const principal = cache.get(digest, now, () => new Promise(() => {}));
      return principal instanceof Promise ? null : principal;
    },
  };
}

test('a principal that was looked up is cached, under its digest only', async () => {
  const { lookUp, cached } = setUp();
  await lookUp('a', async () => session('a'));
  expect(cached('a')).toEqual(session('a'));
  expect(cached('b')).toBeNull();
});

test('any commit empties the cache', async () => {
  const { lookUp, cached, commit } = setUp();
  await lookUp('a', async () => session('a'));
  commit();
  expect(cached('a')).toBeNull();
});

test('a principal that was read while something was committed is returned and not cached', async () => {
  const { lookUp, cached, commit } = setUp();
  const principal = await lookUp('a', async () => {
    commit();
    return session('a');
  });
  expect(principal).toEqual(session('a'));
  expect(cached('a')).toBeNull();
});

test('a principal is not returned from the cache after its end', async () => {
  const { lookUp, cached } = setUp();
  await lookUp('a', async () => session('a', NOW + 1));
  expect(cached('a', NOW)).toEqual(session('a', NOW + 1));
  expect(cached('a', NOW + 1)).toBeNull();
});

test('an error passes through and is not cached', async () => {
  const { lookUp, cached } = setUp();
  const refuse = async () => {
    throw failure('INVALID_TOKEN');
  };
  await expect(lookUp('a', refuse)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  expect(cached('a')).toBeNull();
});
