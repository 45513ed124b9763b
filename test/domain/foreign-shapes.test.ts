import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  foreignShapeTest,
  isForeignPreview,
  parseForeignShapes,
} from '../../src/domain/import/foreign-shapes.ts';
import { composeSecret, SECRET_TAGS, type SecretKind } from '../../src/domain/secret.ts';
import { createDigestSet } from '../../src/platform/digest-set.ts';

const ALPHABETS = ['hex', 'base58', 'base62', 'base64url', 'alnum'];
const KINDS = Object.keys(SECRET_TAGS) as SecretKind[];

/** Returns whether a shape is accepted. */
function isAccepted(shape: string): boolean {
  try {
    return parseForeignShapes(shape, []).length === 1;
  } catch {
    return false;
  }
}

test('no accepted shape matches a secret of Postern, with any prefix', () => {
  const secrets = KINDS.flatMap((kind) =>
    ['', 'a_', 'acme_', 'abcdefghijklmnop_'].map((prefix) => composeSecret(kind, randomBytes(32), prefix)),
  );
  let accepted = 0;
  for (const alphabet of ALPHABETS) {
    for (let length = 22; length <= 80; length += 1) {
      for (const start of ['', 'pat_', 'acme_', 'acme_wst_', 'acme_wst_0', 'a', 'x-']) {
        const shape = `old:${alphabet}:${length}${start && `:${start}`}`;
        if (!isAccepted(shape)) continue;
        accepted += 1;
        const isForeign = foreignShapeTest(parseForeignShapes(shape, []));
        expect(secrets.filter(isForeign), shape).toEqual([]);
      }
    }
  }
  expect(accepted).toBeGreaterThan(1000);
});

test('a shape matches whole texts of its lengths, alphabet and prefix', () => {
  const isForeign = foreignShapeTest(parseForeignShapes('gitea:hex:40, unkey:base58:21-22:shop_', []));
  expect(isForeign('a'.repeat(40))).toBe(true);
  expect(isForeign(`shop_${'z'.repeat(21)}`)).toBe(true);
  expect(isForeign(`shop_${'z'.repeat(22)}`)).toBe(true);
  for (const text of [
    'a'.repeat(39),
    'A'.repeat(40),
    `${'a'.repeat(40)}\n`,
    `shop_${'z'.repeat(20)}`,
    `shop_${'0'.repeat(21)}`,
    `SHOP_${'z'.repeat(21)}`,
    'z'.repeat(22),
  ]) {
    expect(isForeign(text), text).toBe(false);
  }
  expect(parseForeignShapes('', [])).toEqual([]);
});

test('a preview has at most 6 characters after the prefix', () => {
  const shapes = parseForeignShapes('unkey:base58:22:shop_', []);
  for (const text of ['', 'sh', 'shop_', 'shop_3Z', 'shop_3ZLJVL'])
    expect(isForeignPreview(shapes, text)).toBe(true);
  for (const text of ['shop_3ZLJVLU', 'shop_0', 'x', 'shop_\n'])
    expect(isForeignPreview(shapes, text)).toBe(false);
});

test('a set of digests contains those that were added, and no others', () => {
  const digestOf = (n: number) => createHash('sha256').update(`${n}`).digest('hex');
  const set = createDigestSet();
  const digests = Array.from({ length: 40_000 }, (_, n) => digestOf(n));
  const [added, others] = [digests.slice(0, 20_000), digests.slice(20_000)];
  expect(added.filter((digest) => !set.add(digest))).toEqual([]);
  expect(added.filter((digest) => !set.has(digest))).toEqual([]);
  expect(others.filter((digest) => set.has(digest))).toEqual([]);
  expect(set.add(digestOf(7))).toBe(false);
  expect(set.has('0'.repeat(64))).toBe(false);
  expect(set.add('0'.repeat(64))).toBe(true);
  expect(set.has('0'.repeat(64))).toBe(true);
});
