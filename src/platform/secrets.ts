import { randomBytes } from 'node:crypto';
import { composeSecret, previewPart, type SecretKind } from '../domain/secret.ts';
import { digestOf } from './hashing.ts';

/** A secret as it is issued: the text for its holder, and what is stored in its stead. */
export interface IssuedSecret {
  readonly secret: string;
  readonly digest: string;
  readonly secretPreview: string;
}

/** Makes what must not be guessed. */
export interface SecretSource {
  /** A new secret of a kind, from 256 random bits. */
  issue(kind: SecretKind): IssuedSecret;
  /** Random letters and digits that are easy to read aloud, for identifiers and first passwords. */
  text(length: number): string;
}

/** Thirty-two of them, so that every byte stands for one and none is likelier than another. */
const READABLE = '23456789abcdefghijkmnpqrstuvwxyz';

/** Secrets from the system's randomness, with the configured prefix in front. */
export function createSecretSource(prefix: string): SecretSource {
  return {
    issue(kind) {
      const secret = composeSecret(kind, randomBytes(32), prefix);
      return { secret, digest: digestOf(secret), secretPreview: previewPart(secret) };
    },
    text: (length) => Array.from(randomBytes(length), (byte) => READABLE[byte % READABLE.length]).join(''),
  };
}
