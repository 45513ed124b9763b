import { describe, expect, test } from 'vitest';
import {
  composeSecret,
  kindOfSecret,
  previewPart,
  SECRET_PATTERN,
  SECRET_PREFIX,
  SECRET_TAGS,
  type SecretKind,
  toBase62,
  withoutSecrets,
} from '../../src/domain/secret.ts';
import { type Random, seededRandom } from '../support/random.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KINDS = Object.keys(SECRET_TAGS) as SecretKind[];

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: 32 }, () => random.below(256));
}

/** Returns the CRC-32 of a text, bit by bit as in the definition. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Returns the number that a base62 text encodes. */
function fromBase62(text: string): bigint {
  return [...text].reduce((value, digit) => value * 62n + BigInt(ALPHABET.indexOf(digit)), 0n);
}

describe('a secret', () => {
  test('is its tag, 43 characters of random bytes, and 6 characters of CRC-32 over both', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 200; round++) {
      const kind = random.pick(KINDS);
      const bytes = randomBytes(random);
      const secret = composeSecret(kind, bytes);
      const [, tag, value, checksum] = /^([a-z]{3})_(\w{43})(\w{6})$/.exec(secret) ?? [];
      expect(tag).toBe(SECRET_TAGS[kind]);
      expect(fromBase62(value as string)).toBe(BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
      expect(fromBase62(checksum as string)).toBe(BigInt(crc32(`${tag}_${value}`)));
    }
  });

  test.each([
    ['PERSONAL', 'pat_'],
    ['WORKSPACE', 'wst_'],
    ['SESSION', 'ses_'],
    ['INVITATION', 'inv_'],
    ['RESET', 'rst_'],
    ['DIRECTORY', 'scm_'],
  ] as const)('of kind %s begins with %s', (kind, start) => {
    expect(composeSecret(kind, new Uint8Array(32)).startsWith(`${start}${'0'.repeat(43)}`)).toBe(true);
  });

  test('has the same length for the smallest and the largest random value', () => {
    const smallest = composeSecret('PERSONAL', new Uint8Array(32));
    const largest = composeSecret('PERSONAL', new Uint8Array(32).fill(255));
    expect([smallest.length, largest.length]).toEqual([53, 53]);
    expect(kindOfSecret(largest)).toBe('PERSONAL');
  });

  test('consists of letters, digits and underscores, so that a double click selects it as a whole', () => {
    const random = seededRandom(2);
    for (const kind of KINDS) {
      expect(composeSecret(kind, randomBytes(random), 'acme_')).toMatch(/^[A-Za-z0-9_]+$/);
    }
  });

  test('can have a prefix, which the checksum includes', () => {
    const secret = composeSecret('WORKSPACE', new Uint8Array(32), 'acme_');
    expect(secret).toMatch(/^acme_wst_\w{49}$/);
    expect(kindOfSecret(secret)).toBe('WORKSPACE');
    expect(kindOfSecret(secret.slice('acme_'.length))).toBeNull();
    expect(kindOfSecret(secret.replace('acme_', 'acne_'))).toBeNull();
  });

  test.each([0, 31, 33])('cannot be made from %i random bytes', (length) => {
    expect(() => composeSecret('PERSONAL', new Uint8Array(length))).toThrow();
  });

  test('has a preview with its prefix, its tag and six random characters', () => {
    const bytes = new Uint8Array(32).fill(255);
    expect(previewPart(composeSecret('PERSONAL', bytes))).toMatch(/^pat_\w{6}$/);
    expect(previewPart(composeSecret('PERSONAL', bytes, 'acme_'))).toMatch(/^acme_pat_\w{6}$/);
  });
});

describe('the kind of a text', () => {
  test('is the kind of the secret', () => {
    const random = seededRandom(3);
    for (const kind of KINDS) expect(kindOfSecret(composeSecret(kind, randomBytes(random)))).toBe(kind);
  });

  test('is null if any one character of a secret is changed', () => {
    const random = seededRandom(4);
    const secret = composeSecret('PERSONAL', randomBytes(random));
    for (let index = 0; index < secret.length; index++) {
      const other = random.pick([...ALPHABET, '_'].filter((character) => character !== secret[index]));
      expect(kindOfSecret(secret.slice(0, index) + other + secret.slice(index + 1))).toBeNull();
    }
  });

  test('is null if characters are swapped, missing or added', () => {
    const secret = composeSecret('PERSONAL', randomBytes(seededRandom(5)));
    const swapped = secret.slice(0, 10) + secret[11] + secret[10] + secret.slice(12);
    const wrong = [
      swapped,
      secret.slice(0, -1),
      secret.slice(1),
      `${secret}0`,
      ` ${secret}`,
      `${secret}\n`,
      '',
    ];
    expect(wrong.map(kindOfSecret)).toEqual(wrong.map(() => null));
  });

  test('is null for an unknown tag, even with a valid checksum', () => {
    const body = `xyz_${'0'.repeat(43)}`;
    expect(kindOfSecret(body + toBase62(BigInt(crc32(body)), 6))).toBeNull();
  });
});

test('a prefix is a letter, up to fifteen letters or digits, and an underscore', () => {
  const valid = ['a_', 'acme_', 'A1b2_', `a${'b'.repeat(15)}_`];
  const invalid = ['', '_', 'acme', '1a_', 'a-b_', 'a b_', 'ä_', `a${'b'.repeat(16)}_`, 'a_b_'];
  expect(valid.map((prefix) => SECRET_PREFIX.test(prefix))).toEqual(valid.map(() => true));
  expect(invalid.map((prefix) => SECRET_PREFIX.test(prefix))).toEqual(invalid.map(() => false));
});

test('the published pattern matches every secret in a text', () => {
  const random = seededRandom(6);
  const secrets = KINDS.map((kind) => composeSecret(kind, randomBytes(random), random.pick(['', 'acme_'])));
  const text = `token=${secrets[0]};"${secrets[1]}"\n${secrets[2]}, ${secrets.slice(3).join(' ')}. pat_short`;
  expect(text.match(SECRET_PATTERN)).toEqual(secrets);
});

test('strings with the shape of a secret are removed from a text, and the rest is unchanged', () => {
  const secret = composeSecret('SESSION', new Uint8Array(32));
  expect(withoutSecrets(`curl ${secret} twice ${secret}!`)).toBe('curl … twice …!');
  expect(withoutSecrets('curl/8.5 pat_short')).toBe('curl/8.5 pat_short');
});
