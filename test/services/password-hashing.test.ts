import { expect, test } from 'vitest';
import { createPasswordHasher } from '../../src/platform/passwords.ts';

test('passwords are hashed with Argon2id at 19 MiB, two passes and one lane, each with a salt of its own', async () => {
  const hasher = createPasswordHasher();
  const [first, second] = await Promise.all([
    hasher.hash('a password of mine'),
    hasher.hash('a password of mine'),
  ]);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(second).not.toBe(first);
  expect(await hasher.verify(first, 'a password of mine')).toBe(true);
  expect(await hasher.verify(first, 'a password of hers')).toBe(false);
});

test('no password is the right one of an account that does not exist', async () => {
  expect(await createPasswordHasher().verify(null, 'no account has this password')).toBe(false);
});

test('too many at once are turned away rather than kept waiting', async () => {
  const hasher = createPasswordHasher({ memoryCost: 8, timeCost: 1, parallelism: 1 });
  const all = await Promise.allSettled(Array.from({ length: 300 }, () => hasher.hash('a password of mine')));
  const refused = all.filter((one) => one.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const one of refused) expect(one.reason).toMatchObject({ code: 'UNAVAILABLE' });
});
