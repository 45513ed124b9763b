import { withoutSecrets } from '../../domain/secret.ts';
import type { Caller, Credential } from '../../services/access/caller.ts';
import type { HttpRequest } from '../message/message.ts';
import type { RequestContext } from '../request-context.ts';

const USER_AGENT_LENGTH = 256;

/** Returns the user agent without secrets, short enough to store. */
function userAgentOf(request: HttpRequest): string | null {
  const text = request.header('user-agent');
  return text && withoutSecrets(text).slice(0, USER_AGENT_LENGTH);
}

/** Returns the caller of a request for services; `credential` is `null` for an anonymous caller. */
export function callerOf(
  request: HttpRequest,
  requestContext: RequestContext,
  credential: Credential | null,
): Caller {
  const { address, requestId } = requestContext;
  return { credential, address, userAgent: userAgentOf(request), requestId };
}
