import { getOperationAST, type OperationDefinitionNode } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { ServerContext } from '../graphql/context.ts';
import type { Documents, ReadDocument } from './documents.ts';
import type { HttpRequest } from './message.ts';
import { acceptedTypes, assertAcceptable, type MediaType } from './negotiation.ts';
import type { Visit } from './visit.ts';

/** One GraphQL request, read and negotiated: what the lane and Yoga answer. */
export interface Call {
  /** Their types are checked. */
  readonly graphqlParams: GraphQLParams;
  readonly read: ReadDocument;
  /** The operation that is asked for; `null` if the document has none of that name, or cannot be parsed. */
  readonly operation: OperationDefinitionNode | null;
  /** What the client accepts, the type that it prefers first. */
  readonly accepted: readonly MediaType[];
  /** What the context of its fields is made of. */
  readonly server: ServerContext;
  readonly visit: Visit;
}

/** Reads the document of a request, of which nothing is executed yet. Throws `NOT_ACCEPTABLE`. */
export function createCall(
  documents: Documents,
  request: HttpRequest,
  { graphqlParams, server, visit }: Pick<Call, 'graphqlParams' | 'server' | 'visit'>,
): Call {
  const read = documents.read(graphqlParams.query ?? '');
  const operation = (read.document && getOperationAST(read.document, graphqlParams.operationName)) ?? null;
  if (operation) visit.operation = { name: operation.name?.value ?? null, type: operation.operation };
  const accepted = acceptedTypes(request.header('accept'));
  assertAcceptable(accepted, operation?.operation);
  return { graphqlParams, read, operation, accepted, server, visit };
}
