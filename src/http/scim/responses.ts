import { ERRORS, type PosternError } from '../../domain/errors.ts';
import { domainErrorOf, toGraphQLError } from '../../graphql/errors.ts';
import type { HttpHeaders, HttpResponse } from '../message/message.ts';
import { httpOf } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

const CONTENT_TYPE = 'application/scim+json; charset=utf-8';
const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Returns a response in the media type of SCIM (RFC 7644, section 3.1). */
export function scimResponse(body: unknown, status = 200, headers: HttpHeaders = {}): HttpResponse {
  return { status, headers: { 'content-type': CONTENT_TYPE, ...headers }, body: JSON.stringify(body) };
}

/** Returns the `scimType` of an error; `undefined` if RFC 7644, section 3.12, has none for it. */
function scimTypeOf({ code, detail }: PosternError): string | undefined {
  if (detail.scimType) return detail.scimType;
  if (code === 'BAD_REQUEST') return 'invalidSyntax';
  return code === 'BAD_USER_INPUT' ? 'invalidValue' : undefined;
}

function messageOf({ detail, message }: PosternError): string {
  return detail.issues
    ? detail.issues.map(({ path, message: what }) => `${path.join('.')} ${what}`).join('; ')
    : message;
}

/** Returns an endpoint whose errors have the format of SCIM. Internal errors pass through. */
export function scimEndpoint(handle: Endpoint): Endpoint {
  return async (request, requestContext) => {
    try {
      return await handle(request, requestContext);
    } catch (error) {
      const refusal = domainErrorOf(error);
      if (!refusal) throw error;
      requestContext.codes.push(refusal.code);
      const { headers } = httpOf(toGraphQLError(refusal, requestContext.requestId));
      const { status } = ERRORS[refusal.code];
      const scimType = scimTypeOf(refusal);
      const body = {
        schemas: [ERROR_SCHEMA],
        status: String(status),
        ...(scimType !== undefined && { scimType }),
        detail: messageOf(refusal),
      };
      return scimResponse(body, status, headers);
    }
  };
}

/** Returns the response with the status 405, which names the methods that a path takes. */
export function methodNotAllowed(methods: readonly string[]): HttpResponse {
  const body = { schemas: [ERROR_SCHEMA], status: '405', detail: `Use ${methods.join(' or ')}.` };
  return scimResponse(body, 405, { allow: methods.join(', ') });
}
