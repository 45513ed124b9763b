import { GraphQLError } from 'graphql';
import { ERRORS, failure, PosternError } from '../domain/errors.ts';
import { isUnavailable } from '../storage/errors.ts';

/** The domain error that an error stands for; `null` where it is a fault of ours. */
export function domainErrorOf(error: unknown): PosternError | null {
  if (error instanceof PosternError) return error;
  if (error instanceof GraphQLError && error.originalError) return domainErrorOf(error.originalError);
  return isUnavailable(error) ? failure('UNAVAILABLE') : null;
}

/**
 * The error as clients see it: its code and details in `extensions`, its place in the document kept. What is not ours
 * to tell becomes `INTERNAL_SERVER_ERROR` with the id of the request and a constant message.
 */
export function toGraphQLError(error: unknown, requestId: string): GraphQLError {
  const place =
    error instanceof GraphQLError
      ? { nodes: error.nodes, source: error.source, positions: error.positions, path: error.path }
      : {};
  const known = domainErrorOf(error);
  if (known) {
    return new GraphQLError(known.message, { ...place, extensions: { code: known.code, ...known.detail } });
  }
  if (error instanceof GraphQLError && typeof error.extensions.code === 'string') return error;
  return new GraphQLError(ERRORS.INTERNAL_SERVER_ERROR.message, {
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  });
}
