import { createHash, hash } from 'node:crypto';

/** Returns the SHA-256 digest of a secret in lower-case hex, which is stored instead of the secret. */
export function digestOf(secret: string): string {
  // Since Node 20.12, one call computes a digest in a third of the time that a hash object takes.
  return hash ? hash('sha256', secret, 'hex') : createHash('sha256').update(secret).digest('hex');
}
