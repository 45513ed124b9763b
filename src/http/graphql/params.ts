import type { GraphQLParams } from 'graphql-yoga';
import { failure } from '../../domain/errors.ts';
import { parseJson, readJson } from '../message/body.ts';
import type { HttpRequest } from '../message/message.ts';

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns whether a parameter is absent. Some clients send an empty text, and PHP sends an empty map as an empty list. */
function isAbsent(value: unknown): boolean {
  return value == null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Checks the types of the parameters and ignores unknown ones. Throws `BAD_REQUEST`, which repeats no value. */
function checkParams(input: unknown): GraphQLParams {
  if (Array.isArray(input))
    throw failure('BAD_REQUEST', 'Batches are not supported. Send one operation per request.');
  if (!isMap(input)) throw failure('BAD_REQUEST', 'The body must be a JSON object.');
  const { query } = input;
  const operationName = isAbsent(input.operationName) ? undefined : input.operationName;
  const variables = isAbsent(input.variables) ? undefined : input.variables;
  const extensions = isAbsent(input.extensions) ? undefined : input.extensions;
  if (operationName !== undefined && typeof operationName !== 'string') {
    throw failure('BAD_REQUEST', 'operationName must be a string.');
  }
  if (variables !== undefined && !isMap(variables))
    throw failure('BAD_REQUEST', 'variables must be an object.');
  if (extensions !== undefined && !isMap(extensions))
    throw failure('BAD_REQUEST', 'extensions must be an object.');
  // The client then sends the document, as it does with every server that stores none.
  if (isAbsent(query) && isMap(extensions?.persistedQuery)) throw failure('PERSISTED_QUERY_NOT_SUPPORTED');
  if (typeof query !== 'string' || query === '')
    throw failure('BAD_REQUEST', 'query must be a non-empty string.');
  return { query, operationName, variables, extensions };
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
