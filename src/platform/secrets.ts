import { randomBytes, randomInt } from 'node:crypto';
import { composeSecret, previewPart, type SecretKind } from '../domain/secret.ts';
import { digestOf } from './hashing.ts';

/** A new secret, with the digest and the preview that are stored instead of it. */
export interface IssuedSecret {
  readonly secret: string;
  readonly digest: string;
  readonly secretPreview: string;
}

/** A source of random secrets. */
export interface SecretSource {
  /** Returns a new secret of a kind, from 256 random bits. */
  issue(kind: SecretKind): IssuedSecret;
  /** Returns random letters and digits that are easy to read aloud, for identifiers and first passwords. */
  text(length: number): string;
  /** Returns random letters of an alphabet, each equally likely. */
  letters(length: number, alphabet: string): string;
}

const READABLE = '23456789abcdefghijkmnpqrstuvwxyz';

/** For ten letters, `randomInt` takes a quarter of the time of `randomBytes`: Node reads the random bytes for many calls together. */
function randomLetters(length: number, alphabet: string): string {
  let text = '';
  for (let place = 0; place < length; place += 1) text += alphabet[randomInt(alphabet.length)];
  return text;
}

/** Creates a source that uses the random generator of the system and the configured prefix. */
export function createSecretSource(prefix: string): SecretSource {
  return {
    issue(kind) {
      const secret = composeSecret(kind, randomBytes(32), prefix);
      return { secret, digest: digestOf(secret), secretPreview: previewPart(secret) };
    },
    text: (length) => randomLetters(length, READABLE),
    letters: randomLetters,
  };
}
