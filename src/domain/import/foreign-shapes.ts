import { badInput, type InputIssue } from '../errors.ts';
import { SECRET_TAGS } from '../secret.ts';

/** The characters of a secret after its prefix, by the name of the alphabet. */
const ALPHABETS = {
  hex: '0-9a-f',
  base58: '1-9A-HJ-NP-Za-km-z',
  base62: '0-9A-Za-z',
  base64url: '0-9A-Za-z_-',
  alnum: '0-9A-Za-z',
} as const;

/** How many characters each alphabet has. */
const SIZES = { hex: 16, base58: 58, base62: 62, base64url: 64, alnum: 62 } as const;

type Alphabet = keyof typeof ALPHABETS;

/** The shape of the secrets of another system that can be imported. */
export interface ForeignShape {
  readonly name: string;
  readonly prefix: string;
  readonly alphabet: Alphabet;
  /** The fewest and the most characters after the prefix: base58 encodes leading zeros in fewer. */
  readonly shortest: number;
  readonly longest: number;
}

const SHAPES_MAX = 16;
const PREFIX_MAX = 32;
const LENGTH_MAX = 256;
const BITS_MIN = 128;
/** How many characters an encoding of random bytes can lack. */
const MISSING_MAX = 2;
const DISPLAYED_CHARACTERS = 6;

/** Name, alphabet, length or two lengths, and a prefix without separators. */
const SHAPE = /^([a-z][a-z0-9-]{0,31}):([a-z0-9]+):(\d{1,3})(?:-(\d{1,3}))?(?::([A-Za-z0-9_-]+))?$/;

type Path = InputIssue['path'];

function parseShape(text: string, path: Path): ForeignShape {
  const [, name = '', alphabet = '', least = '', most = least, prefix = ''] = SHAPE.exec(text) ?? [];
  if (name === '')
    throw badInput(path, 'must be name:alphabet:length or name:alphabet:length:prefix, separated by commas');
  if (!Object.hasOwn(ALPHABETS, alphabet)) {
    throw badInput(
      path,
      `has the shape ${name}, which has an unknown alphabet: use ${Object.keys(ALPHABETS).join(', ')}`,
    );
  }
  const [shortest, longest] = [Number(least), Number(most)];
  const shape = { name, prefix, alphabet: alphabet as Alphabet, shortest, longest };
  const problem = problemOf(shape);
  if (problem !== null) throw badInput(path, `has the shape ${name}, which ${problem}`);
  return shape;
}

function problemOf(shape: ForeignShape): string | null {
  const { prefix, alphabet, shortest, longest } = shape;
  if (prefix.length > PREFIX_MAX) return `has a prefix of more than ${PREFIX_MAX} characters`;
  if (longest > LENGTH_MAX) return `has more than ${LENGTH_MAX} characters`;
  if (shortest > longest || shortest < longest - MISSING_MAX) {
    return `must have two lengths that differ by at most ${MISSING_MAX}`;
  }
  if (longest * Math.log2(SIZES[alphabet]) < BITS_MIN)
    return `has less than ${BITS_MIN} bits: such secrets can be guessed`;
  if (prefix.startsWith('eyJ')) return 'has the prefix of JSON Web Tokens, which are not secrets to look up';
  return overlapsOwn(shape) ? 'could be a secret of Postern itself' : null;
}

/** The most characters before the tag of a secret of Postern: a letter, 15 letters or digits, and an underscore. */
const OWN_PREFIX_MAX = 17;
const OWN_BODY = 49;

/** Returns the character classes of a secret of Postern, one for each position. */
function ownClasses(tag: string, prefixLength: number): string[] {
  const prefix =
    prefixLength === 0 ? [] : ['A-Za-z', ...Array<string>(prefixLength - 2).fill(ALPHABETS.base62), '_'];
  return [...prefix, ...tag, '_', ...Array<string>(OWN_BODY).fill(ALPHABETS.base62)];
}

/** Returns whether a character of both classes exists. */
function intersect(one: string, other: string): boolean {
  const both = new RegExp(`^(?=[${one}])[${other}]$`);
  return Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).some((each) => both.test(each));
}

/** Returns whether a secret of a shape could have the format of a secret of Postern, with any prefix. */
function overlapsOwn({ prefix, alphabet, shortest, longest }: ForeignShape): boolean {
  for (let length = shortest; length <= longest; length += 1) {
    const foreign = [...prefix, ...Array<string>(length).fill(ALPHABETS[alphabet])];
    for (const tag of Object.values(SECRET_TAGS)) {
      const prefixLength = foreign.length - tag.length - 1 - OWN_BODY;
      if (prefixLength < 0 || prefixLength === 1 || prefixLength > OWN_PREFIX_MAX) continue;
      const own = ownClasses(tag, prefixLength);
      if (foreign.every((each, index) => intersect(each, own[index] as string))) return true;
    }
  }
  return false;
}

/**
 * Returns the shapes of a text such as `legacy:hex:40,shop:base58:21-22:shop_`; the empty text has none. Each has at least 128
 * bits, and none could be a secret of Postern. Throws `BAD_USER_INPUT`.
 */
export function parseForeignShapes(text: string, path: Path): readonly ForeignShape[] {
  if (text.trim() === '') return [];
  const shapes = text.split(',').map((each) => parseShape(each.trim(), path));
  if (shapes.length > SHAPES_MAX) throw badInput(path, `must have at most ${SHAPES_MAX} shapes`);
  if (new Set(shapes.map(({ name }) => name)).size < shapes.length)
    throw badInput(path, 'must have shapes with different names');
  return shapes;
}

/** Returns a function that returns whether a text has one of the shapes. */
export function foreignShapeTest(shapes: readonly ForeignShape[]): (text: string) => boolean {
  const patterns = shapes.map(
    ({ prefix, alphabet, shortest, longest }) =>
      new RegExp(`^${prefix}[${ALPHABETS[alphabet]}]{${shortest},${longest}}$`),
  );
  return (text) => text.length <= PREFIX_MAX + LENGTH_MAX && patterns.some((pattern) => pattern.test(text));
}

/**
 * Returns whether a text can be the beginning of a secret of one of the shapes that lists show: its prefix and at most 6
 * characters more.
 */
export function isForeignPreview(shapes: readonly ForeignShape[], text: string): boolean {
  return shapes.some(({ prefix, alphabet }) =>
    prefix.startsWith(text)
      ? true
      : text.startsWith(prefix) &&
        text.length <= prefix.length + DISPLAYED_CHARACTERS &&
        new RegExp(`^[${ALPHABETS[alphabet]}]+$`).test(text.slice(prefix.length)),
  );
}

/** Returns secrets of the shapes that are no secrets: the prefix and one character, repeated. */
export function fillers(shapes: readonly ForeignShape[]): string[] {
  return shapes.flatMap(({ prefix, shortest, longest }) =>
    [...'0123456789abcdefxABCDEFXzZ_-'].flatMap((character) => [
      prefix + character.repeat(shortest),
      prefix + character.repeat(longest),
    ]),
  );
}
