import { badInput, type InputIssue } from '../errors.ts';
import { foldCase } from '../text.ts';
import { isCommonPassword } from './common-passwords.ts';

/** Which users sign in with a password: all who have one, those whose account the operator made for it, or no one. */
export const PASSWORD_SIGN_IN = ['on', 'operator', 'off'] as const;
export type PasswordSignIn = (typeof PASSWORD_SIGN_IN)[number];

/** Returns whether the setting lets an account use a password, whether or not it has one. */
export function allowsPassword(setting: PasswordSignIn, account: { readonly isLocal: boolean }): boolean {
  return setting === 'on' || (setting === 'operator' && account.isLocal);
}

const PASSWORD_MIN = 12;
const PASSWORD_MAX = 256;

/** The characters that a password must have besides the email and the name of its user. */
const OWN_CHARACTERS = 6;

/** Returns whether a password is little more than the email and the name of its user, in any case and with any separators. */
function isAboutUser(password: string, { email, name }: PasswordOwner): boolean {
  const reduce = (text: string) => foldCase(text).replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
  const parts = [email, ...email.split('@'), name].map(reduce).filter((part) => part !== '');
  const rest = parts
    .sort((a, b) => b.length - a.length)
    .reduce((text, part) => text.replaceAll(part, ''), reduce(password));
  return rest.length < OWN_CHARACTERS && rest !== reduce(password);
}

/** The user of a password. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
}

/**
 * Returns a password of 12 to 256 characters, unchanged. It must not be a common one and, with `owner`, not consist of the
 * email or the name of that user. Throws `BAD_USER_INPUT`.
 */
export function parsePassword(text: string, path: InputIssue['path'], owner?: PasswordOwner): string {
  // In NFC, as it is hashed: a letter with its marks counts once, however the keyboard composes it.
  const length = text.length > 2 * PASSWORD_MAX ? Infinity : [...text.normalize('NFC')].length;
  if (length < PASSWORD_MIN || length > PASSWORD_MAX) {
    throw badInput(path, `must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`);
  }
  if (owner && isAboutUser(text, owner)) throw badInput(path, 'must not consist of the email or the name');
  if (isCommonPassword(text)) throw badInput(path, 'must not be a common password');
  return text;
}
