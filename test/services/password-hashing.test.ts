import { expect, test } from 'vitest';
import { createPasswordHasher } from '../../src/platform/passwords.ts';

test('passwords are hashed with Argon2id, 19 MiB, two passes, one lane and a separate salt', async () => {
  const hasher = createPasswordHasher();
  const [first, second] = await Promise.all([hasher.hash('a long password'), hasher.hash('a long password')]);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(second).not.toBe(first);
  expect(await hasher.verify(first, 'a long password')).toBe(true);
  expect(await hasher.verify(first, 'another password')).toBe(false);
});

test('no password is valid for an account that does not exist', async () => {
  expect(await createPasswordHasher().verify(null, 'no account has this password')).toBe(false);
});

test('too many concurrent hashes are refused, not queued', async () => {
  const hasher = createPasswordHasher({ memoryCost: 8, timeCost: 1, parallelism: 1 });
  const all = await Promise.allSettled(Array.from({ length: 300 }, () => hasher.hash('a long password')));
  const refused = all.filter((one) => one.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const one of refused) expect(one.reason).toMatchObject({ code: 'UNAVAILABLE' });
});

test('a password is the same however its letters are composed', async () => {
  const hasher = createPasswordHasher({ memoryCost: 8, timeCost: 1, parallelism: 1 });
  const [composed, decomposed] = ['na\u00efve caf\u00e9 au lait', 'nai\u0308ve cafe\u0301 au lait'];
  expect(composed).not.toBe(decomposed);
  for (const [set, typed] of [
    [composed, decomposed],
    [decomposed, composed],
  ] as const) {
    const stored = await hasher.hash(set);
    expect(await hasher.verify(stored, typed)).toBe(true);
    expect(await hasher.verify(stored, 'naive cafe au lait')).toBe(false);
  }
});
