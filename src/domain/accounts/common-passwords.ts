import { dictionary } from '@zxcvbn-ts/language-common';

/** Passwords from leaks, in lower case, the most frequent first. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common'] as readonly string[]);

/** The number of digits and signs around a common password that a guesser tries. */
const TRIED_AROUND = 8;
/** A password that repeats fewer characters than this has no more strength than they have. */
const REPEATED = 6;

/** Returns the shortest start of a text whose repetition gives the text; its last repetition can be cut. */
function unitOf(text: string): string {
  const characters = [...text];
  // The failure function of Knuth, Morris and Pratt, which takes time in proportion to the length.
  const borders = [0];
  let border = 0;
  for (let place = 1; place < characters.length; place += 1) {
    while (border > 0 && characters[place] !== characters[border]) border = borders[border - 1] ?? 0;
    if (characters[place] === characters[border]) border += 1;
    borders.push(border);
  }
  return characters.slice(0, characters.length - border).join('');
}

/** Returns whether each character follows the one before it, upwards or downwards, as in `abcdef` and `987654`. */
function isSequence(text: string): boolean {
  const steps = [...text].map((character, place, all) =>
    place === 0 ? null : (character.codePointAt(0) ?? 0) - (all[place - 1]?.codePointAt(0) ?? 0),
  );
  return [1, -1].includes(steps[1] ?? 0) && steps.slice(2).every((step) => step === steps[1]);
}

/**
 * Returns whether a password is one of those that guessers try first: one from a list of leaked passwords, also with up to
 * seven digits or signs around it; a short text or a listed password repeated; or a sequence. Case does not matter.
 */
export function isCommonPassword(password: string): boolean {
  const text = password.normalize('NFC').toLowerCase();
  if (COMMON.has(text) || isSequence(text)) return true;
  const unit = unitOf(text);
  if (unit.length < REPEATED || (unit !== text && COMMON.has(unit))) return true;
  const word = text.replace(/^\P{L}+|\P{L}+$/gu, '');
  return text.length - word.length < TRIED_AROUND && COMMON.has(word);
}
