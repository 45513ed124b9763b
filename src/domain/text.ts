import { badInput, type InputIssue } from './errors.ts';

const NAME_LENGTH = 100;
const DESCRIPTION_LENGTH = 500;
const PASSWORD_MIN = 12;
const PASSWORD_MAX = 256;
const EMAIL_LENGTH = 254;

/**
 * Control, surrogate, direction-changing and zero-width characters, fillers, line and paragraph separators. All but the
 * variation selectors, which choose between two looks of what stands before them.
 */
const HIDDEN = /(?!\p{VS})[\p{Cc}\p{Cs}\p{DI}\u2028\u2029]/u;
const HIDDEN_BUT_LINES = new RegExp(
  HIDDEN.source.replace('\\p{Cc}', '\\x00-\\x09\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F'),
  'u',
);
/** As HTML forms accept them, and the API's scalar with them: an account with another address could not sign in. */
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const EMAIL = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`);

function lengthOf(text: string): number {
  return [...text].length;
}

/** A name in NFC, trimmed: 1 to 100 code points, none of them hidden. Throws `BAD_USER_INPUT`. */
export function parseName(text: string, path: InputIssue['path']): string {
  const name = text.normalize('NFC').trim();
  const length = lengthOf(name);
  if (length < 1 || length > NAME_LENGTH) {
    throw badInput(path, `must have 1 to ${NAME_LENGTH} characters`);
  }
  if (HIDDEN.test(name)) {
    throw badInput(path, 'must not contain control, zero-width or direction-changing characters');
  }
  return name;
}

/** A description in NFC, trimmed, of up to 500 code points; line breaks are welcome, empty is `null`. Throws `BAD_USER_INPUT`. */
export function parseDescription(text: string | null | undefined, path: InputIssue['path']): string | null {
  const description = (text ?? '').normalize('NFC').trim();
  if (lengthOf(description) > DESCRIPTION_LENGTH) {
    throw badInput(path, `must have at most ${DESCRIPTION_LENGTH} characters`);
  }
  if (HIDDEN_BUT_LINES.test(description)) {
    throw badInput(path, 'must not contain control, zero-width or direction-changing characters');
  }
  return description === '' ? null : description;
}

/**
 * A text to search names and descriptions for, trimmed; nothing longer than a description is found, and an empty one
 * narrows nothing. Throws `BAD_USER_INPUT`.
 */
export function parseSearch(text: string | undefined, path: InputIssue['path']): string | undefined {
  return parseDescription(text, path) ?? undefined;
}

/** An email address, trimmed and in lower case, which is how accounts are told apart. Throws `BAD_USER_INPUT`. */
export function parseEmail(text: string, path: InputIssue['path']): string {
  const email = text.trim();
  if (email.length > EMAIL_LENGTH || !EMAIL.test(email)) throw badInput(path, 'must be an email address');
  return email.toLowerCase();
}

/** A password of 12 to 256 characters, as it was typed. Throws `BAD_USER_INPUT`. */
export function parsePassword(text: string, path: InputIssue['path']): string {
  const length = lengthOf(text);
  if (length < PASSWORD_MIN || length > PASSWORD_MAX) {
    throw badInput(path, `must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`);
  }
  return text;
}

/** Text as searching and ordering compare it: without regard to case. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** A slug of lower-case letters, digits and hyphens made from a name; `workspace` where nothing is left of it. */
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
