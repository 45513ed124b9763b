import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { userIdOf } from '../../domain/principal.ts';
import type { HttpRequest } from '../message/message.ts';
import type { AuthenticatedRequest } from './authenticate.ts';

const HEADER = 'x-postern-expected-user';

/**
 * Checks that a browser tab still acts as the user that it shows: all tabs share one cookie, and another user may have signed
 * in after the tab was opened. Throws `USER_CHANGED` if `X-Postern-Expected-User` names a user other than that of the session
 * cookie.
 * The check does not apply to a credential in the `Authorization` header, which the client chose for this request, or to an
 * anonymous caller, which the fields that require a user refuse.
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
