import { GraphQLError } from 'graphql';
import { ERRORS, type PosternError } from '../domain/errors.ts';
import { publicErrorOf } from '../services/errors.ts';

/** Returns the domain error behind an error; `null` if it is an internal error. */
export function domainErrorOf(error: unknown): PosternError | null {
  const isWrapped = error instanceof GraphQLError && error.originalError;
  return isWrapped ? domainErrorOf(error.originalError) : publicErrorOf(error);
}

/**
 * Converts an error into the one that clients receive, with its code and details in `extensions` and its position in the
 * document. An internal error becomes `INTERNAL_SERVER_ERROR` with the id of the request and a constant message.
 */
export function toGraphQLError(error: unknown, requestId: string): GraphQLError {
  const position =
    error instanceof GraphQLError
      ? { nodes: error.nodes, source: error.source, positions: error.positions, path: error.path }
      : {};
  const domainError = domainErrorOf(error);
  if (domainError) {
    const { code, message, detail } = domainError;
    return new GraphQLError(message, { ...position, extensions: { code, ...detail } });
  }
  if (error instanceof GraphQLError && typeof error.extensions.code === 'string') return error;
  return new GraphQLError(ERRORS.INTERNAL_SERVER_ERROR.message, {
    ...position,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  });
}
