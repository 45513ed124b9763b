import { crc32 } from 'node:zlib';

/** The kind of a secret, by the tag in its text. */
export const SECRET_TAGS = {
  PERSONAL: 'pat',
  WORKSPACE: 'wst',
  SESSION: 'ses',
  INVITATION: 'inv',
  RESET: 'rst',
  DIRECTORY: 'scm',
} as const;

export type SecretKind = keyof typeof SECRET_TAGS;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_BYTES = 32;
const RANDOM_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;
const DISPLAYED_CHARACTERS = 6;
const PREFIX_CHARACTERS = 17;
/** The maximum length of a secret: prefix, tag with its underscore, random characters and checksum. */
const MOST_CHARACTERS = PREFIX_CHARACTERS + 4 + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS;

/** Matches a valid prefix of secrets: letters and digits, then an underscore. */
export const SECRET_PREFIX = /^[A-Za-z][A-Za-z0-9]{0,15}_$/;

/** Matches a secret of any kind with any prefix; the checksum must be verified separately. */
export const SECRET_PATTERN = /\b(?:[A-Za-z][A-Za-z0-9]{0,15}_)?(pat|wst|ses|inv|rst|scm)_[0-9A-Za-z]{49}\b/g;

const SHAPE = new RegExp(`^${SECRET_PATTERN.source.replaceAll('\\b', '')}$`);
const KIND_OF_TAG = new Map<string, SecretKind>(
  Object.entries(SECRET_TAGS).map(([kind, tag]) => [tag, kind as SecretKind]),
);

/** Returns the last `width` digits of a number in base 62. */
function lastDigits(value: number, width: number): string {
  let rest = value;
  let digits = '';
  for (let place = 0; place < width; place += 1) {
    digits = ALPHABET[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** How many digits of a bigint are taken together: as a number, they take a fifth of the time. */
const DIGITS_TOGETHER = 8;
const TOGETHER = 62n ** BigInt(DIGITS_TOGETHER);

/** Returns the last `width` digits of a number in base 62 (`0-9A-Za-z`). */
export function toBase62(value: bigint, width: number): string {
  let rest = value;
  let digits = '';
  for (let left = width; left > 0; left -= DIGITS_TOGETHER) {
    digits = lastDigits(Number(rest % TOGETHER), Math.min(left, DIGITS_TOGETHER)) + digits;
    rest /= TOGETHER;
  }
  return digits;
}

function checksumOf(text: string): string {
  return lastDigits(crc32(text), CHECKSUM_CHARACTERS);
}

/**
 * Returns a secret of 32 random bytes: the tag, 43 base62 characters, and 6 of the CRC-32 of all preceding characters.
 * Throws an `Error` if the number of bytes is another.
 */
export function composeSecret(kind: SecretKind, random: Uint8Array, prefix = ''): string {
  if (random.length !== RANDOM_BYTES) throw new Error(`a secret needs ${RANDOM_BYTES} random bytes`);
  const value = BigInt(`0x${Buffer.from(random).toString('hex')}`);
  const body = `${prefix}${SECRET_TAGS[kind]}_${toBase62(value, RANDOM_CHARACTERS)}`;
  return body + checksumOf(body);
}

/** Returns the kind of a well-formed secret; `null` if its format or checksum is wrong. */
export function kindOfSecret(text: string): SecretKind | null {
  const match = text.length > MOST_CHARACTERS ? null : SHAPE.exec(text);
  if (!match) return null;
  const body = text.slice(0, -CHECKSUM_CHARACTERS);
  if (checksumOf(body) !== text.slice(-CHECKSUM_CHARACTERS)) return null;
  return KIND_OF_TAG.get(match[1] ?? '') ?? null;
}

/** A secret that was found in a text. */
export interface FoundSecret {
  readonly secret: string;
  readonly kind: SecretKind;
  /** The index of its first UTF-16 code unit. */
  readonly index: number;
}

const TAGS = Object.values(SECRET_TAGS).join('|');
const ANYWHERE = new RegExp(`(?:${TAGS})_[0-9A-Za-z]{49}`, 'g');
const ALONE = new RegExp(`${ANYWHERE.source}(?![0-9A-Za-z])`, 'g');

/** Returns the secrets in a text, in their order: all texts with the format and a valid checksum, with or without a prefix. */
export function findSecrets(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const { 0: bare, index } of text.matchAll(ALONE)) {
    // The checksum determines how much of the preceding text is the prefix.
    for (let start = Math.max(0, index - PREFIX_CHARACTERS); start <= index; start += 1) {
      const secret = text.slice(start, index) + bare;
      const kind = kindOfSecret(secret);
      if (kind === null) continue;
      found.push({ secret, kind, index: start });
      break;
    }
  }
  return found;
}

/** Returns a text with an ellipsis in place of everything that has the format of a secret. */
export function withoutSecrets(text: string): string {
  return text.replace(ANYWHERE, '…');
}

/** Returns the part of a secret that lists show: its prefix, its tag and the first 6 random characters. */
export function previewPart(secret: string): string {
  return secret.slice(0, DISPLAYED_CHARACTERS - RANDOM_CHARACTERS - CHECKSUM_CHARACTERS);
}

/** The maximum number of secrets in one leak report. */
export const SECRETS_PER_REPORT = 1000;
