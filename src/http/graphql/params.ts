import type { GraphQLParams } from 'graphql-yoga';
import { failure } from '../../domain/errors.ts';
import { parseJson, readJson } from '../message/body.ts';
import type { HttpRequest } from '../message/message.ts';

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks the types of a request's parameters; unknown ones are let be. Throws `BAD_REQUEST`, which repeats nothing. */
function checkParams(input: unknown): GraphQLParams {
  if (Array.isArray(input))
    throw failure('BAD_REQUEST', 'Batches are not supported: send one operation a request.');
  if (!isMap(input)) throw failure('BAD_REQUEST', 'The body must be a JSON object.');
  const { query, operationName, variables, extensions } = input;
  if (typeof query !== 'string' || query === '')
    throw failure('BAD_REQUEST', 'query must be a text, and not empty.');
  if (operationName != null && typeof operationName !== 'string') {
    throw failure('BAD_REQUEST', 'operationName must be a text.');
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

/** The parameters in the query string of a `GET`. */
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
 * The GraphQL parameters of a request, their types checked.
 * Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`.
 */
export async function readParams(request: HttpRequest): Promise<GraphQLParams> {
  if (request.method === 'GET') return paramsOfUrl(request.url);
  return checkParams(await readJson(request));
}
