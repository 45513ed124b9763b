import { holderOf } from '../../domain/principal.ts';
import { withoutSecrets } from '../../domain/secret.ts';
import type { Caller } from '../../services/access/caller.ts';
import type { HttpRequest } from '../message/message.ts';
import type { RequestContext } from '../request-context.ts';
import { ANONYMOUS_REQUEST, type AuthenticatedRequest } from './authenticate.ts';

const USER_AGENT_LENGTH = 256;

/** Returns the user agent without secrets, short enough to store. */
function userAgentOf(request: HttpRequest): string | null {
  const text = request.header('user-agent');
  return text && withoutSecrets(text).slice(0, USER_AGENT_LENGTH);
}

/** Returns the caller of a request for services, who is anonymous unless the request was authenticated. */
export function callerOf(
  request: HttpRequest,
  requestContext: RequestContext,
  { credential, principal }: Pick<AuthenticatedRequest, 'credential' | 'principal'> = ANONYMOUS_REQUEST,
): Caller {
  const { address, requestId } = requestContext;
  return { credential, holder: holderOf(principal), address, userAgent: userAgentOf(request), requestId };
}
