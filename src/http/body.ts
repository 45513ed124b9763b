import { failure, PosternError } from '../domain/errors.ts';

const BODY_BYTES = 128 * 1024;

function mediaType(name: string): RegExp {
  return new RegExp(`^${name}\\s*(?:;\\s*charset\\s*=\\s*"?utf-8"?\\s*)?$`, 'i');
}

const JSON_TYPE = mediaType('application/json');
const FORM_TYPE = mediaType('application/x-www-form-urlencoded');

function assertType({ headers }: Request, type: RegExp, message?: string): void {
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (!type.test(headers.get('content-type') ?? '') || encoding !== 'identity') {
    throw failure('UNSUPPORTED_MEDIA_TYPE', message);
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

/** The value of a text in JSON; `what` names it in the `BAD_REQUEST` that is thrown where it is none. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failure('BAD_REQUEST', `${what} is not valid JSON.`);
  }
}

/**
 * The body of a request in JSON. Other types are refused: they reach a server from a foreign page without its being
 * asked. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`.
 */
export async function readJson(request: Request): Promise<unknown> {
  assertType(request, JSON_TYPE);
  return parseJson(await readText(request), 'The body');
}

/** The body of a request that is form-encoded. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  assertType(request, FORM_TYPE, 'The content type must be application/x-www-form-urlencoded.');
  return new URLSearchParams(await readText(request));
}
