import { type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { ServerContext } from '../../graphql/context.ts';
import type { HttpRequest } from '../message/message.ts';
import { acceptedTypes, assertAcceptable, type MediaType } from '../message/negotiation.ts';
import type { RequestContext } from '../request-context.ts';
import { requireAffordable } from './affordable.ts';
import type { Documents, ReadDocument } from './documents.ts';

/** One GraphQL request, read and negotiated: what the lane and Yoga answer. */
export interface Call {
  /** Their types are checked. */
  readonly graphqlParams: GraphQLParams;
  readonly read: ReadDocument;
  /** The operation that is asked for; `null` if the document has none of that name, or cannot be parsed. */
  readonly operation: OperationDefinitionNode | null;
  /** The units that the operation takes whatever is stored. */
  readonly units: number;
  /** What the client accepts, the type that it prefers first. */
  readonly accepted: readonly MediaType[];
  /** What the context of its fields is made of. */
  readonly server: ServerContext;
  readonly visit: RequestContext;
}

/**
 * Reads the document of a request, of which nothing is executed yet. Throws `NOT_ACCEPTABLE`, or `QUERY_TOO_COMPLEX` if
 * the operation could use more than its budget.
 */
export function createCall(
  { documents, schema }: { documents: Documents; schema: GraphQLSchema },
  request: HttpRequest,
  { graphqlParams, server, visit: requestContext }: Pick<Call, 'graphqlParams' | 'server' | 'visit'>,
): Call {
  const read = documents.read(graphqlParams.query ?? '');
  const operation = (read.document && getOperationAST(read.document, graphqlParams.operationName)) ?? null;
  if (operation)
    requestContext.operation = { name: operation.name?.value ?? null, type: operation.operation };
  const accepted = acceptedTypes(request.header('accept'));
  assertAcceptable(accepted, operation?.operation);
  const isValid = read.document && operation && read.errors.length === 0;
  const units = isValid ? requireAffordable(schema, read.document, operation, graphqlParams.variables) : 0;
  return { graphqlParams, read, operation, units, accepted, server, visit: requestContext };
}
