import { GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import { badInput, type ErrorCode } from '../../domain/errors.ts';
import type { DescribedOperation } from '../../graphql/context.ts';
import type { Variables } from '../../graphql/cost.ts';
import { fragmentsOf, requireAffordable } from './affordable.ts';
import { documentErrorOf } from './document-errors.ts';
import type { Documents } from './documents.ts';

function messageOf({ message, nodes }: GraphQLError, code: ErrorCode): string {
  const described = documentErrorOf(new GraphQLError(message, { nodes, extensions: { code } }));
  return described?.message ?? 'is not a valid document';
}

/**
 * Returns a function that reads an operation that a caller asks about, with the limits of one that is executed. It throws
 * `BAD_USER_INPUT` if the document is invalid or does not have the operation, and `QUERY_TOO_COMPLEX`.
 */
export function createOperationReader(
  documents: Documents,
  schema: GraphQLSchema,
): (query: string, operationName: string | null, variables: Variables) => DescribedOperation {
  return (query, operationName, variables) => {
    const { document, errors } = documents.read(query);
    const [error] = errors;
    if (error && !(error instanceof GraphQLError)) throw error;
    if (error) {
      const code = document ? 'GRAPHQL_VALIDATION_FAILED' : 'GRAPHQL_PARSE_FAILED';
      throw badInput(['document'], messageOf(error, code));
    }
    const operation = document && getOperationAST(document, operationName);
    if (!operation) {
      throw badInput(['operationName'], 'names no operation, or the document has several and none is named');
    }
    requireAffordable(schema, document, operation, variables);
    return { operation, fragments: fragmentsOf(document) };
  };
}
