import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { userIdOf } from '../../domain/principal.ts';
import type { HttpRequest } from '../message/message.ts';
import type { AuthenticatedRequest } from './authenticate.ts';

const HEADER = 'x-postern-expected-user';

/**
 * Holds a browser tab to the user that it shows: all tabs share one cookie, and another person may have signed in since the
 * tab was opened. Throws `USER_CHANGED` if `X-Postern-Expected-User` names another user than the session cookie belongs to.
 * A caller with a header of its own chose its credential for this very request, so the header changes nothing for it; an
 * anonymous caller is refused by the fields that need a user.
 */
export function requireExpectedUser(
  request: HttpRequest,
  { credential, principal }: AuthenticatedRequest,
): void {
  const expected = request.header(HEADER);
  if (expected === null || credential?.source !== 'cookie') return;
  const userId = userIdOf(principal);
  if (userId === null || toGlobalId('User', userId) !== expected) throw failure('USER_CHANGED');
}
