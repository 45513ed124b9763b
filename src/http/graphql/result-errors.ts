import { type ExecutionResult, GraphQLError } from 'graphql';
import { toGraphQLError } from '../../graphql/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { codeOf, httpOf } from '../message/responses.ts';
import type { RequestContext } from '../request-context.ts';
import { documentErrorOf } from './document-errors.ts';

function codeError(error: GraphQLError, requestId: string, logger: Logger): GraphQLError {
  const aboutDocument = documentErrorOf(error);
  if (aboutDocument) return aboutDocument;
  const coded = toGraphQLError(error, requestId);
  if (codeOf(coded) === 'INTERNAL_SERVER_ERROR') {
    logger.error({ requestId, err: error.originalError ?? error }, 'a request failed');
  }
  const { nodes, source, positions, path } = coded;
  const { http, ...extensions } = coded.extensions;
  return new GraphQLError(coded.message, {
    nodes,
    source,
    positions,
    path,
    extensions: path ? extensions : { ...extensions, http: http ?? httpOf(coded) },
  });
}

/** An answer tells of so many errors. */
const ERRORS_MAX = 100;

function leftOut(count: number): GraphQLError {
  return new GraphQLError(`${count} more errors are left out.`, { extensions: { code: 'LIMIT_REACHED' } });
}

/**
 * A result with every error under a code of ours, which the visit takes note of; of very many, the first. An error at a field never changes the
 * status; one of the whole request brings its own.
 */
export function codeResult(
  result: ExecutionResult,
  requestContext: RequestContext,
  logger: Logger,
): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors
    .slice(0, ERRORS_MAX)
    .map((error) => codeError(error, requestContext.requestId, logger));
  const left = result.errors.length - errors.length;
  if (left > 0) errors.push(leftOut(left));
  requestContext.codes.push(...errors.map(codeOf));
  return { ...result, errors };
}
