import { failure } from '../../../domain/errors.ts';
import type { Context } from '../../context.ts';

/** Describes the argument that names a sign-in at a provider. */
export const STATE = 'The state that the callback of the provider left in the address of the sign-in page.';

/** Returns the digest of a sign-in at a provider that this browser began. Throws `NOT_FOUND`. */
export function requireSignIn({ signInDigest }: Context, state: string): string {
  const digest = signInDigest(state);
  if (digest === null) throw failure('NOT_FOUND');
  return digest;
}
