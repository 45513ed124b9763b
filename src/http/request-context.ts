import type { OperationTypeNode } from 'graphql';
import type { ErrorCode } from '../domain/errors.ts';
import { toGlobalId } from '../domain/global-id.ts';
import { ANONYMOUS, isToken, type Principal } from '../domain/principal.ts';
import { withoutSecrets } from '../domain/secret.ts';
import type { HttpRequest, HttpResponse } from './message/message.ts';

const OPERATION_NAME_LENGTH = 100;

/** The state of one request. Its log line is made from it. */
export interface RequestContext {
  readonly requestId: string;
  /** The address of the client, or of the nearest untrusted hop. */
  readonly address: string | null;
  /** The normalized path; empty until it is known. */
  path: string;
  principal: Principal;
  /** The codes of the errors in the response. */
  readonly codes: ErrorCode[];
  operation: { readonly name: string | null; readonly type: OperationTypeNode } | null;
}

/** Handles the requests to one path. An error that it throws becomes an error response. */
export type Endpoint = (
  request: HttpRequest,
  requestContext: RequestContext,
) => HttpResponse | Promise<HttpResponse>;

/** Returns the initial context of a request. */
export function createRequestContext(requestId: string, address: string | null): RequestContext {
  return { requestId, address, path: '', principal: ANONYMOUS, codes: [], operation: null };
}

/** Returns the fields for log lines about a request. None of them can contain a secret. */
export function logFieldsOf(requestContext: RequestContext): Record<string, unknown> {
  const { requestId, principal, operation, codes, address } = requestContext;
  const name = operation?.name;
  return {
    requestId,
    principal: principal.kind,
    ...(isToken(principal) && { tokenId: toGlobalId('Token', principal.tokenId) }),
    ...(codes.length > 0 && { codes: [...new Set(codes)], address }),
    ...(operation && { operationType: operation.type }),
    ...(name && name.length <= OPERATION_NAME_LENGTH && { operationName: withoutSecrets(name) }),
  };
}
