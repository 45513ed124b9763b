import { crc32 } from 'node:zlib';

/** What a secret opens, by the tag in its text. */
export const SECRET_TAGS = { PERSONAL: 'pat', WORKSPACE: 'wst', SESSION: 'ses', INVITATION: 'inv' } as const;

export type SecretKind = keyof typeof SECRET_TAGS;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_BYTES = 32;
const RANDOM_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;
const DISPLAY_CHARACTERS = 10;
const PREFIX_CHARACTERS = 17;
/** The longest secret: a configured prefix, the tag with its underscore, then what is random and the checksum. */
const MOST_CHARACTERS = PREFIX_CHARACTERS + 4 + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS;

/** A prefix that may be configured to stand in front of every secret: letters and digits, then an underscore. */
export const SECRET_PREFIX = /^[A-Za-z][A-Za-z0-9]{0,15}_$/;

/** Matches a secret of any kind, whatever prefix was configured; the checksum still has to be verified. */
export const SECRET_PATTERN = /\b(?:[A-Za-z][A-Za-z0-9]{0,15}_)?(pat|wst|ses|inv)_[0-9A-Za-z]{49}\b/g;

const SHAPE = new RegExp(`^${SECRET_PATTERN.source.replaceAll('\\b', '')}$`);
const KIND_OF_TAG = new Map<string, SecretKind>(
  Object.entries(SECRET_TAGS).map(([kind, tag]) => [tag, kind as SecretKind]),
);

/** A number in base 62 (`0-9A-Za-z`), left-padded with `0` to a width. */
export function toBase62(value: bigint, width: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text;
  return text.padStart(width, '0');
}

function checksumOf(text: string): string {
  // Every request checks one, and what fits a number takes a fifth of the time that a bigint takes.
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < CHECKSUM_CHARACTERS; place += 1) {
    digits = ALPHABET[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/**
 * Builds a secret from 32 random bytes: `pat_`, 43 base62 characters, then 6 of CRC-32 over all that precedes.
 * Throws when fewer or more bytes come.
 */
export function composeSecret(kind: SecretKind, random: Uint8Array, prefix = ''): string {
  if (random.length !== RANDOM_BYTES) throw new Error(`a secret needs ${RANDOM_BYTES} random bytes`);
  const value = BigInt(`0x${Buffer.from(random).toString('hex')}`);
  const body = `${prefix}${SECRET_TAGS[kind]}_${toBase62(value, RANDOM_CHARACTERS)}`;
  return body + checksumOf(body);
}

/** The kind of a well-formed secret; `null` where shape or checksum is wrong. Needs no database. */
export function kindOfSecret(text: string): SecretKind | null {
  const match = text.length > MOST_CHARACTERS ? null : SHAPE.exec(text);
  if (!match) return null;
  const body = text.slice(0, -CHECKSUM_CHARACTERS);
  if (checksumOf(body) !== text.slice(-CHECKSUM_CHARACTERS)) return null;
  return KIND_OF_TAG.get(match[1] ?? '') ?? null;
}

/** A secret as it stands in a text. */
export interface FoundSecret {
  readonly secret: string;
  readonly kind: SecretKind;
  /** Where it begins, in UTF-16 code units. */
  readonly index: number;
}

const TAGS = Object.values(SECRET_TAGS).join('|');
const ANYWHERE = new RegExp(`(?:${TAGS})_[0-9A-Za-z]{49}`, 'g');
const ALONE = new RegExp(`${ANYWHERE.source}(?![0-9A-Za-z])`, 'g');

/** The secrets in a text, in their order: whatever has the shape and the right checksum, with a prefix or without. */
export function findSecrets(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const { 0: bare, index } of text.matchAll(ALONE)) {
    // The checksum tells how much of what stands in front belongs to it.
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

/** Text that somebody else wrote, with an ellipsis in place of everything that has a secret's shape. */
export function withoutSecrets(text: string): string {
  return text.replace(ANYWHERE, '…');
}

/** What lists show of a secret: its first 10 characters. */
export function previewPart(secret: string): string {
  return secret.slice(0, DISPLAY_CHARACTERS);
}

/** The maximum number of secrets in one leak report. */
export const SECRETS_PER_REPORT = 1000;
