import { GraphQLError } from 'graphql';
import { ERRORS, failure, PosternError } from '../domain/errors.ts';
import { isUnavailable } from '../storage/errors.ts';

/** Returns the domain error behind an error; `null` if it is an internal error. */
export function domainErrorOf(error: unknown): PosternError | null {
  if (error instanceof PosternError) return error;
  if (error instanceof GraphQLError && error.originalError) return domainErrorOf(error.originalError);
  return isUnavailable(error) ? failure('UNAVAILABLE') : null;
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
