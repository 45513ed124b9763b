import type { GraphQLParams } from 'graphql-yoga';
import { failure } from '../../domain/errors.ts';
import { parseJson, readJson } from '../message/body.ts';
import type { HttpRequest } from '../message/message.ts';

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the types of the parameters and ignores unknown ones. Throws `BAD_REQUEST`, which repeats no value. */
function checkParams(input: unknown): GraphQLParams {
  if (Array.isArray(input))
    throw failure('BAD_REQUEST', 'Batches are not supported. Send one operation per request.');
  if (!isMap(input)) throw failure('BAD_REQUEST', 'The body must be a JSON object.');
  const { query, operationName, variables, extensions } = input;
  if (typeof query !== 'string' || query === '')
    throw failure('BAD_REQUEST', 'query must be a non-empty string.');
  if (operationName != null && typeof operationName !== 'string') {
    throw failure('BAD_REQUEST', 'operationName must be a string.');
  }
  if (variables != null && !isMap(variables)) throw failure('BAD_REQUEST', 'variables must be an object.');
  if (extensions != null && !isMap(extensions)) throw failure('BAD_REQUEST', 'extensions must be an object.');
  return {
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  };
}

/** Returns the parameters in a query string. */
function paramsOfUrl(url: URL): GraphQLParams {
  const json = (name: string) => {
    const text = url.searchParams.get(name);
    return text ? parseJson(text, name) : null;
  };
  return checkParams({
    query: url.searchParams.get('query'),
    operationName: url.searchParams.get('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
  });
}

/**
 * Returns the GraphQL parameters of a request, with valid types.
 * Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`.
 */
export async function readParams(request: HttpRequest): Promise<GraphQLParams> {
  if (request.method === 'GET') return paramsOfUrl(request.url);
  return checkParams(await readJson(request));
}
