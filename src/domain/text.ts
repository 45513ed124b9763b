import { badInput, type InputIssue } from './errors.ts';

const NAME_LENGTH = 100;
const DESCRIPTION_LENGTH = 500;
const EMAIL_LENGTH = 254;
const SUBJECT_LENGTH = 200;

/** NFC combines up to four UTF-16 code units into one code point, such as a Greek letter with three marks. */
const UNITS_PER_CHARACTER = 4;
/** Normalization time grows with the square of the length of such a run. Stream-Safe Text Format allows 30 (UAX #15, section 13). */
const LONG_MARK_RUN = /(?<!\p{M})\p{M}{31}/u;

/**
 * Control, surrogate, direction-changing and zero-width characters, fillers, line and paragraph separators. Variation
 * selectors are allowed, because they choose the appearance of the preceding character.
 */
const HIDDEN = /(?!\p{VS})[\p{Cc}\p{Cs}\p{DI}\u2028\u2029]/u;
const HIDDEN_BUT_LINES = new RegExp(
  HIDDEN.source.replace('\\p{Cc}', '\\x00-\\x09\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F'),
  'u',
);
/** Matches what HTML forms and the API's scalar accept: an account with another address could not sign in. */
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const EMAIL = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`);

/** Scripts in which a joiner between two letters chooses another form of them (RFC 5892, appendix A). */
const JOINING_LETTER = [
  'Arabic',
  'Bengali',
  'Devanagari',
  'Gujarati',
  'Gurmukhi',
  'Kannada',
  'Khmer',
  'Malayalam',
  'Mongolian',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Syriac',
  'Tamil',
  'Telugu',
]
  .map((script) => `\\p{scx=${script}}`)
  .join('');
/** The signs that remove the vowel of an Indic letter. A joiner after one chooses its form, also at the end of a word. */
const VIRAMA = '\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u1039\\u17D2';
/** A joiner that changes what is visible: inside an emoji such as a family, between two letters of such a script, or after a virama. */
const VISIBLE_JOINER = [
  '(?<=\\p{ExtPict}[\\uFE0F\\p{EMod}]?)\\u200D(?=\\p{ExtPict})',
  `(?<=[${JOINING_LETTER}])[\\u200C\\u200D](?=[${JOINING_LETTER}])`,
  `(?<=[${VIRAMA}])[\\u200C\\u200D]`,
].join('|');
const VISIBLE_JOINERS = new RegExp(VISIBLE_JOINER, 'gu');
/** Matches visible joiners too, as `joiner`, so that a replacement can keep them. */
const HIDDEN_OR_JOINER = new RegExp(`(?<joiner>${VISIBLE_JOINER})|${HIDDEN.source}`, 'gu');

/** Returns a text with a space for each hidden character. */
function withoutHidden(text: string): string {
  return text.replace(HIDDEN_OR_JOINER, (_match, joiner?: string) => joiner ?? ' ');
}

/** Returns a text without the joiners that it needs, so that only hidden ones are left. */
function withoutVisibleJoiners(text: string): string {
  return text.replace(VISIBLE_JOINERS, '');
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Returns a text in NFC, trimmed, of at most `most` code points. Checks its length first. Throws `BAD_USER_INPUT`. */
function normalise(text: string, most: number, path: InputIssue['path'], range: string): string {
  if (text.length > most * UNITS_PER_CHARACTER) throw badInput(path, `must have ${range} characters`);
  if (LONG_MARK_RUN.test(text))
    throw badInput(path, 'must not contain more than 30 combining marks in a row');
  const normalised = text.normalize('NFC').trim();
  if (lengthOf(normalised) > most) throw badInput(path, `must have ${range} characters`);
  return normalised;
}

/** Whether a text has control, zero-width or direction-changing characters, other than those that its script needs. */
export function hasHiddenCharacters(text: string): boolean {
  return HIDDEN.test(withoutVisibleJoiners(text));
}

/** Returns a text of one line in NFC, trimmed: 1 to `most` code points, none of them hidden. Throws `BAD_USER_INPUT`. */
function parseLine(text: string, most: number, path: InputIssue['path']): string {
  const range = `1 to ${most}`;
  const line = normalise(text, most, path, range);
  if (line === '') throw badInput(path, `must have ${range} characters`);
  if (hasHiddenCharacters(line)) {
    throw badInput(path, 'must not contain control, zero-width or direction-changing characters');
  }
  return line;
}

/** Returns a name in NFC, trimmed: 1 to 100 code points, none of them hidden. Throws `BAD_USER_INPUT`. */
export function parseName(text: string, path: InputIssue['path']): string {
  return parseLine(text, NAME_LENGTH, path);
}

/** Returns a name that `parseName` accepts, from a text that another system wrote; `fallback` if nothing remains of it. */
export function toName(text: string, fallback: string): string {
  const visible = withoutHidden(text.slice(0, NAME_LENGTH * UNITS_PER_CHARACTER));
  const characters = [...visible.normalize('NFC').replace(/\s+/g, ' ').trim()];
  try {
    // The cut can leave a joiner at the end, which then is hidden.
    return parseName(withoutHidden(characters.slice(0, NAME_LENGTH).join('')), []);
  } catch {
    return fallback;
  }
}

/**
 * Returns the customer or thing that a token stands for, in NFC, trimmed: 1 to 200 code points, none of them hidden.
 * Throws `BAD_USER_INPUT`.
 */
export function parseSubject(text: string, path: InputIssue['path']): string {
  return parseLine(text, SUBJECT_LENGTH, path);
}

/** Returns a description in NFC, trimmed, of up to 500 code points; `null` if it is empty. Throws `BAD_USER_INPUT`. */
export function parseDescription(text: string | null | undefined, path: InputIssue['path']): string | null {
  const description = normalise(text ?? '', DESCRIPTION_LENGTH, path, `at most ${DESCRIPTION_LENGTH}`);
  if (HIDDEN_BUT_LINES.test(withoutVisibleJoiners(description))) {
    throw badInput(path, 'must not contain control, zero-width or direction-changing characters');
  }
  return description === '' ? null : description;
}

/**
 * Returns a trimmed text to search names and descriptions for, at most as long as a description; an empty one matches
 * everything. Throws `BAD_USER_INPUT`.
 */
export function parseSearch(text: string | undefined, path: InputIssue['path']): string | undefined {
  return parseDescription(text, path) ?? undefined;
}

/** Returns an email address, trimmed and in lower case, as it identifies an account. Throws `BAD_USER_INPUT`. */
export function parseEmail(text: string, path: InputIssue['path']): string {
  const email = text.length > EMAIL_LENGTH * UNITS_PER_CHARACTER ? '' : text.trim();
  if (email.length > EMAIL_LENGTH || !EMAIL.test(email)) throw badInput(path, 'must be an email address');
  return email.toLowerCase();
}

/** Returns a text for searching and ordering without regard to case. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** Returns a slug of lower-case letters, digits and hyphens for a name; `workspace` if nothing else remains. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return slug || 'workspace';
}
