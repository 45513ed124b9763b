import { SECOND } from '../../domain/duration.ts';
import type { ScopeRequest } from '../../services/access/delegation.ts';
import type { PollRefusal } from '../../services/device/requests.ts';
import type { Services } from '../../services/services.ts';
import { callerOf } from '../auth/caller.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import { jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';
import { oauthEndpoint, readParameters, requireParameter } from './oauth-form.ts';
import { createTokenExchangeHandler, TOKEN_EXCHANGE_GRANT } from './token-exchange.ts';

/** RFC 8628, section 3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Returns the whole seconds of a duration in milliseconds. */
const toSeconds = (milliseconds: number) => Math.floor(milliseconds / SECOND);

/** The dependencies of the endpoints for clients that cannot open a browser. */
export interface DeviceParts {
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'deviceRequests' | 'tokenExchange'>;
  /** Returns the issuer for a request. */
  readonly issuerOf: (request: HttpRequest) => string;
}

/**
 * Returns the endpoint at which a client begins (RFC 8628, section 3.1). There is no `verification_uri_complete`: a person who
 * follows a link with a code in it has not compared anything.
 */
export function createDeviceAuthorizationEndpoint({ services, issuerOf }: DeviceParts): Endpoint {
  return oauthEndpoint(async (request, requestContext) => {
    const form = await readParameters(request);
    const begun = await services.deviceRequests.begin(callerOf(request, requestContext), {
      id: requireParameter(form, 'client_id'),
      name: form.get('client_name') || null,
      scope: form.get('scope') ?? '',
    });
    return jsonResponse({
      device_code: begun.deviceCode,
      user_code: begun.userCode,
      verification_uri: `${issuerOf(request)}/device`,
      expires_in: toSeconds(begun.expiresIn),
      interval: toSeconds(begun.interval),
    });
  });
}

/** What each refusal of a poll means, for people. */
const DESCRIPTIONS: Readonly<Record<PollRefusal, string>> = {
  authorization_pending: 'There is no decision yet.',
  slow_down: 'The poll came too early: wait 5 seconds longer from now on.',
  access_denied: 'The person refused, or is no longer allowed to give this.',
  expired_token: 'The ten minutes are over: begin again.',
  invalid_grant: 'The device code is unknown, was used, or belongs to another client.',
};

/** Returns the scopes of a new token as an OAuth `scope`, as the client wrote them. */
function toScope(scopes: readonly ScopeRequest[]): string {
  return scopes
    .flatMap(({ entityType, entityId, workspaceId, operations }) => {
      const entity = entityId == null ? '' : `:${encodeURIComponent(entityId)}`;
      const workspace = workspaceId == null ? '' : `@${workspaceId}`;
      return operations.map((operation) => `${entityType}:${operation.toLowerCase()}${entity}${workspace}`);
    })
    .join(' ');
}

/**
 * Returns the token endpoint, at which a client polls for its answer (RFC 8628, section 3.4) or exchanges a JSON Web Token
 * (RFC 8693).
 */
export function createTokenEndpoint({ services, limits }: DeviceParts): Endpoint {
  const exchange = createTokenExchangeHandler({ services, limits });

  async function poll(request: HttpRequest, form: URLSearchParams, requestContext: Parameters<Endpoint>[1]) {
    const clientId = requireParameter(form, 'client_id');
    const deviceCode = requireParameter(form, 'device_code');
    const result = await services.deviceRequests.poll(
      callerOf(request, requestContext),
      clientId,
      deviceCode,
    );
    if ('refusal' in result) {
      if (result.refusal === 'invalid_grant') await limits.countRefusal(requestContext.address);
      const { refusal } = result;
      return jsonResponse({ error: refusal, error_description: DESCRIPTIONS[refusal] }, 400);
    }
    const scope = toScope(result.token?.scopes ?? []);
    return jsonResponse({
      access_token: result.secret,
      token_type: 'Bearer',
      expires_in: toSeconds(result.expiresIn),
      ...(scope !== '' && { scope }),
    });
  }

  return oauthEndpoint(async (request, requestContext): Promise<HttpResponse> => {
    const form = await readParameters(request);
    const grant = requireParameter(form, 'grant_type');
    if (grant === DEVICE_CODE_GRANT) return poll(request, form, requestContext);
    if (grant === TOKEN_EXCHANGE_GRANT) return exchange(request, form, requestContext);
    const description = `Use the grant type ${DEVICE_CODE_GRANT} or ${TOKEN_EXCHANGE_GRANT}.`;
    return jsonResponse({ error: 'unsupported_grant_type', error_description: description }, 400);
  });
}
