import type { GraphQLParams } from 'graphql-yoga';
import { failure, PosternError } from '../domain/errors.ts';

const BODY_BYTES = 128 * 1024;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Refuses what is not plain JSON in UTF-8: other types reach a server from a foreign page without its being asked. */
function assertJson(headers: Headers): void {
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (!JSON_TYPE.test(headers.get('content-type') ?? '') || encoding !== 'identity') {
    throw failure('UNSUPPORTED_MEDIA_TYPE');
  }
}

/** Reads a body to its end, and no more of it than is allowed. Throws `PAYLOAD_TOO_LARGE`. */
async function readAll(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.byteLength;
    if (size > BODY_BYTES) {
      await reader.cancel();
      throw failure('PAYLOAD_TOO_LARGE');
    }
    chunks.push(chunk.value);
  }
  return Buffer.concat(chunks);
}

/** The text of a request's body. Throws `PAYLOAD_TOO_LARGE`, or `BAD_REQUEST` where it is cut off or not UTF-8. */
async function readText({ headers, body }: Request): Promise<string> {
  if (Number(headers.get('content-length')) > BODY_BYTES) throw failure('PAYLOAD_TOO_LARGE');
  try {
    const bytes = body ? await readAll(body) : new Uint8Array();
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw error instanceof PosternError
      ? error
      : failure('BAD_REQUEST', 'The body ends early or is not UTF-8.');
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failure('BAD_REQUEST', `${what} is not valid JSON.`);
  }
}

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
export async function readParams(request: Request): Promise<GraphQLParams> {
  if (request.method === 'GET') return paramsOfUrl(new URL(request.url));
  assertJson(request.headers);
  return checkParams(parseJson(await readText(request), 'The body'));
}
