import { expect, test } from 'vitest';
import { failure } from '../../src/domain/errors.ts';
import type { Principal } from '../../src/domain/principal.ts';
import { createPrincipalCache } from '../../src/services/access/principal-cache.ts';

const NOW = 1_000;

function session(sessionId: string, endsAt: number | null = null): Principal {
  return {
    kind: 'SESSION',
    sessionId,
    userId: 'u',
    verifiedEmail: 'u@example.com',
    mustChangePassword: false,
    endsAt,
    authenticatedAt: 0,
    isJwt: false,
    isCommandLine: false,
  };
}

function setUp() {
  let version = 1;
  const cache = createPrincipalCache(() => version);
  return {
    commit: () => void version++,
    lookUp: (digest: string, find: () => Promise<Principal>) => cache.get(digest, NOW, find),
    cached: (digest: string, now = NOW) => cache.find(digest, now),
  };
}

test('a principal is cached after its lookup, by its digest only', async () => {
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

test('a principal is returned and not cached if a commit happened during its lookup', async () => {
  const { lookUp, cached, commit } = setUp();
  const principal = await lookUp('a', async () => {
    commit();
    return session('a');
  });
  expect(principal).toEqual(session('a'));
  expect(cached('a')).toBeNull();
});

test('the cache does not return an expired principal', async () => {
  const { lookUp, cached } = setUp();
  await lookUp('a', async () => session('a', NOW + 1));
  expect(cached('a', NOW)).toEqual(session('a', NOW + 1));
  expect(cached('a', NOW + 1)).toBeNull();
});

test('an error of a lookup is thrown and not cached', async () => {
  const { lookUp, cached } = setUp();
  const refuse = async () => {
    throw failure('INVALID_TOKEN');
  };
  await expect(lookUp('a', refuse)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  expect(cached('a')).toBeNull();
});
