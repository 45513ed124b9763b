import { failure } from '../../domain/errors.ts';
import type { HttpRequest } from './message.ts';

const BODY_BYTES = 128 * 1024;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

function mediaType(name: string): RegExp {
  return new RegExp(`^${name}\\s*(?:;\\s*charset\\s*=\\s*"?utf-8"?\\s*)?$`, 'i');
}

const JSON_TYPE = mediaType('application/json');
const FORM_TYPE = mediaType('application/x-www-form-urlencoded');

function assertType(request: HttpRequest, type: RegExp, message?: string): void {
  const encoding = request.header('content-encoding') ?? 'identity';
  if (!type.test(request.header('content-type') ?? '') || encoding !== 'identity') {
    throw failure('UNSUPPORTED_MEDIA_TYPE', message);
  }
}

/** The text of a request's body. Throws `PAYLOAD_TOO_LARGE`, or `BAD_REQUEST` where it is cut off or not UTF-8. */
async function readText(request: HttpRequest): Promise<string> {
  if (Number(request.header('content-length')) > BODY_BYTES) throw failure('PAYLOAD_TOO_LARGE');
  const bytes = await request.body(BODY_BYTES);
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw failure('BAD_REQUEST', 'The body is not UTF-8.');
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
export async function readJson(request: HttpRequest): Promise<unknown> {
  assertType(request, JSON_TYPE);
  return parseJson(await readText(request), 'The body');
}

/** The body of a request that is form-encoded. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`. */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  assertType(request, FORM_TYPE, 'The content type must be application/x-www-form-urlencoded.');
  return new URLSearchParams(await readText(request));
}
