import { withoutSecrets } from '../../domain/secret.ts';
import type { Caller, Credential } from '../../services/access/caller.ts';
import type { HttpRequest } from '../message/message.ts';
import type { RequestContext } from '../request-context.ts';

const USER_AGENT_LENGTH = 256;

/** What a client calls itself, short enough to keep. */
function userAgentOf(request: HttpRequest): string | null {
  const text = request.header('user-agent');
  return text && withoutSecrets(text).slice(0, USER_AGENT_LENGTH);
}

/** Who sent a request and from where, as services know it; without a credential where it has none, or none that counts. */
export function callerOf(
  request: HttpRequest,
  requestContext: RequestContext,
  credential: Credential | null,
): Caller {
  const { address, requestId } = requestContext;
  return { credential, address, userAgent: userAgentOf(request), requestId };
}
