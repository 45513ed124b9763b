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

/** Maximum number of errors in a response. */
const ERRORS_MAX = 100;

function omittedErrors(count: number): GraphQLError {
  return new GraphQLError(`${count} more errors were omitted.`, { extensions: { code: 'LIMIT_REACHED' } });
}

/**
 * Returns a result in which each error has a code, and records the codes in the request context. Only the first 100 errors are
 * included. The error of a field never sets the HTTP status; the error of a whole request does.
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
  const omitted = result.errors.length - errors.length;
  if (omitted > 0) errors.push(omittedErrors(omitted));
  requestContext.codes.push(...errors.map(codeOf));
  return { ...result, errors };
}
