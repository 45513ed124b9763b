import { createHash, hash } from 'node:crypto';

/** SHA-256 of a secret in lower-case hex: what is stored and looked up in its stead. */
export function digestOf(secret: string): string {
  // One call instead of a hash object: a third of the time where Node has it (20.12).
  return hash ? hash('sha256', secret, 'hex') : createHash('sha256').update(secret).digest('hex');
}
