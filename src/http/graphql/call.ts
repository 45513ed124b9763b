import { type GraphQLSchema, getOperationAST, type OperationDefinitionNode } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { ServerContext } from '../../graphql/context.ts';
import type { HttpRequest } from '../message/message.ts';
import { acceptedTypes, assertAcceptable, type MediaType } from '../message/negotiation.ts';
import type { RequestContext } from '../request-context.ts';
import { requireAffordable } from './affordable.ts';
import type { Documents, ReadDocument } from './documents.ts';

/** One parsed GraphQL request, for the fast path or Yoga. */
export interface Call {
  /** Parameters of valid types. */
  readonly graphqlParams: GraphQLParams;
  readonly read: ReadDocument;
  /** The requested operation; `null` if the document has none of that name, or cannot be parsed. */
  readonly operation: OperationDefinitionNode | null;
  /** The units that the operation takes regardless of the stored data. */
  readonly units: number;
  /** The media types that the client accepts, in order of preference. */
  readonly accepted: readonly MediaType[];
  /** The server's part of the context of resolvers. */
  readonly server: ServerContext;
  readonly requestContext: RequestContext;
}

/**
 * Reads the document of a request, of which nothing is executed yet. Throws `NOT_ACCEPTABLE`, or `QUERY_TOO_COMPLEX` if
 * the operation could use more than its budget.
 */
export function createCall(
  { documents, schema }: { documents: Documents; schema: GraphQLSchema },
  request: HttpRequest,
  { graphqlParams, server, requestContext }: Pick<Call, 'graphqlParams' | 'server' | 'requestContext'>,
): Call {
  const read = documents.read(graphqlParams.query ?? '');
  const operation = (read.document && getOperationAST(read.document, graphqlParams.operationName)) ?? null;
  if (operation)
    requestContext.operation = { name: operation.name?.value ?? null, type: operation.operation };
  const accepted = acceptedTypes(request.header('accept'));
  assertAcceptable(accepted, operation?.operation);
  const isValid = read.document && operation && read.errors.length === 0;
  const units = isValid ? requireAffordable(schema, read.document, operation, graphqlParams.variables) : 0;
  return { graphqlParams, read, operation, units, accepted, server, requestContext };
}
