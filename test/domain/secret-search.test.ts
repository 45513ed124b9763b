import { expect, test } from 'vitest';
import { composeSecret, findSecrets, SECRET_TAGS, type SecretKind } from '../../src/domain/secret.ts';
import { seededRandom } from '../support/random.ts';

const KINDS = Object.keys(SECRET_TAGS) as SecretKind[];
const random = seededRandom(11);

function secret(kind: SecretKind = 'PERSONAL', prefix = ''): string {
  return composeSecret(
    kind,
    Uint8Array.from({ length: 32 }, () => random.below(256)),
    prefix,
  );
}

test('secrets of every kind are found with their position, with and without a prefix', () => {
  for (const kind of KINDS) {
    for (const prefix of ['', 'acme_', 'a_', 'Abcdefghijklmnop_']) {
      const found = secret(kind, prefix);
      const text = `Authorization: Bearer ${found}\n`;
      expect(findSecrets(text)).toEqual([{ secret: found, kind, index: 22 }]);
    }
  }
});

test('text before a secret neither hides it nor becomes part of it', () => {
  for (const before of [
    '',
    '"',
    'TOKEN=',
    'my_',
    'MY_API_KEY_',
    'x',
    '9',
    '_',
    'é',
    '_acme_',
    'https://u:',
  ]) {
    const bare = secret();
    expect(findSecrets(`${before}${bare}`)).toEqual([
      { secret: bare, kind: 'PERSONAL', index: before.length },
    ]);
  }
  const prefixed = secret('WORKSPACE', 'acme_');
  expect(findSecrets(`key_${prefixed}`)).toEqual([{ secret: prefixed, kind: 'WORKSPACE', index: 4 }]);
});

test('a secret is found only if no letter or digit follows it', () => {
  const bare = secret();
  for (const after of ['', '"', '_x', '-', 'é', '\n']) expect(findSecrets(bare + after)).toHaveLength(1);
  for (const after of ['a', 'Z', '0']) expect(findSecrets(bare + after)).toEqual([]);
});

test('several secrets on a line are found in order', () => {
  const secrets = [secret(), secret('SESSION'), secret('INVITATION', 'acme_')];
  expect(findSecrets(secrets.join(' ')).map((found) => found.secret)).toEqual(secrets);
});

test('text that only looks like a secret is not found', () => {
  const bare = secret();
  const wrong = bare.slice(0, -1) + (bare.endsWith('0') ? '1' : '0');
  for (const text of [
    wrong,
    bare.slice(1),
    bare.toUpperCase(),
    `pat_${'a'.repeat(49)}`,
    bare.replace('_', '-'),
  ]) {
    expect(findSecrets(text)).toEqual([]);
  }
});
