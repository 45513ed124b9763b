import { failure } from '../../domain/errors.ts';
import { domainErrorOf, toGraphQLError } from '../../graphql/errors.ts';
import type { ProviderClient } from '../../services/identity/provider-client.ts';
import type { Services } from '../../services/services.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import { readForm } from '../message/body.ts';
import type { HttpRequest } from '../message/message.ts';
import { postOnly } from '../message/methods.ts';
import { httpOf, jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

interface Parts {
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'providerLogouts'>;
}

async function tokenIn(request: HttpRequest): Promise<string> {
  const [token, ...others] = (await readForm(request)).getAll('logout_token');
  if (!token || others.length > 0) throw failure('BAD_REQUEST', 'The parameter logout_token is missing.');
  return token;
}

/** Returns the endpoint at which a provider ends sessions (OpenID Connect Back-Channel Logout 1.0, section 2.5). */
export function createBackchannelLogout({ limits, services }: Parts, client: ProviderClient): Endpoint {
  async function end(request: HttpRequest, address: string | null): Promise<void> {
    const { value, problem } = await client.readLogoutToken(await tokenIn(request));
    if (problem === 'PROVIDER_UNAVAILABLE') throw failure('UNAVAILABLE');
    if (problem !== null) {
      // Counted after the refusal, so that forged tokens never affect a valid one.
      await limits.countRefusal(address);
      throw failure('BAD_REQUEST', 'The logout token is not valid.');
    }
    await services.providerLogouts.end(value);
  }

  return postOnly(async (request, requestContext) => {
    try {
      await end(request, requestContext.address);
      return { status: 200, headers: {}, body: null };
    } catch (error) {
      const refusal = domainErrorOf(error);
      if (!refusal) throw error;
      requestContext.codes.push(refusal.code);
      const { status, headers } = httpOf(toGraphQLError(refusal, requestContext.requestId));
      const isOurs = status === 429 || status >= 500;
      const code = isOurs ? 'temporarily_unavailable' : 'invalid_request';
      const body = { error: code, error_description: refusal.message };
      return jsonResponse(body, isOurs ? status : 400, headers);
    }
  });
}
