import type { OperationTypeNode } from 'graphql';
import type { ErrorCode } from '../domain/errors.ts';
import { toGlobalId } from '../domain/global-id.ts';
import { ANONYMOUS, isToken, type Principal } from '../domain/principal.ts';
import { withoutSecrets } from '../domain/secret.ts';
import type { HttpRequest, HttpResponse } from './message/message.ts';

const OPERATION_NAME_LENGTH = 100;

/** One request while it is answered: what is learnt of it on the way becomes its line in the log. */
export interface RequestContext {
  readonly requestId: string;
  /** The client's address, as far as it can be believed. */
  readonly address: string | null;
  /** What was asked for; empty until that is known. */
  path: string;
  principal: Principal;
  /** The codes of the errors that it is answered with. */
  readonly codes: ErrorCode[];
  operation: { readonly name: string | null; readonly type: OperationTypeNode } | null;
}

/** Answers the requests to one path; what it throws is answered as a refusal. */
export type Endpoint = (
  request: HttpRequest,
  requestContext: RequestContext,
) => HttpResponse | Promise<HttpResponse>;

/** A visit of which no more is known than where it comes from. */
export function createRequestContext(requestId: string, address: string | null): RequestContext {
  return { requestId, address, path: '', principal: ANONYMOUS, codes: [], operation: null };
}

/** The fields of a visit's line in the log: chosen ones, none of which can hold a secret. */
export function logFieldsOf({ requestId, principal, operation }: RequestContext): Record<string, unknown> {
  const name = operation?.name;
  return {
    requestId,
    principal: principal.kind,
    ...(isToken(principal) && { tokenId: toGlobalId('Token', principal.tokenId) }),
    ...(operation && { operationType: operation.type }),
    ...(name && name.length <= OPERATION_NAME_LENGTH && { operationName: withoutSecrets(name) }),
  };
}
