import { failure } from '../../domain/errors.ts';
import type { HttpRequest } from './message.ts';

const BODY_BYTES = 128 * 1024;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Content codings that can be named in a message, which must not repeat what a client sent. */
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress'];

/** Matches a media type in UTF-8. `utf8` is not a registered name, and an empty parameter is no parameter, but clients send both. */
function mediaType(name: string): RegExp {
  return new RegExp(`^${name}\\s*(?:;\\s*(?:charset\\s*=\\s*"?utf-?8"?\\s*)?)*$`, 'i');
}

const JSON_TYPE = mediaType('application/json');
const SCIM_TYPE = mediaType('application/(?:scim\\+)?json');
const FORM_TYPE = mediaType('application/x-www-form-urlencoded');

function assertType(request: HttpRequest, type: RegExp, message?: string): void {
  const coding = (request.header('content-encoding') || 'identity').toLowerCase();
  if (coding !== 'identity') {
    const name = CODINGS.find((candidate) => candidate === coding);
    throw failure(
      'UNSUPPORTED_MEDIA_TYPE',
      `The body has ${name ? `the content coding ${name}` : 'a content coding'}. Send it without one.`,
    );
  }
  if (!type.test(request.header('content-type') ?? '')) throw failure('UNSUPPORTED_MEDIA_TYPE', message);
}

/** Returns the body as text. Throws `PAYLOAD_TOO_LARGE`, or `BAD_REQUEST` if it ends early or is not UTF-8. */
async function readText(request: HttpRequest): Promise<string> {
  if (Number(request.header('content-length')) > BODY_BYTES) throw failure('PAYLOAD_TOO_LARGE');
  const bytes = await request.body(BODY_BYTES);
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw failure('BAD_REQUEST', 'The body is not UTF-8.');
  }
}

/** Returns the value of a JSON text. Throws `BAD_REQUEST` if it is invalid; the message names it by `what`. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failure('BAD_REQUEST', `${what} is not valid JSON.`);
  }
}

/**
 * Returns the JSON body of a request. Refuses other media types, because pages of any origin can send them without a CORS
 * preflight. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`.
 */
export async function readJson(request: HttpRequest): Promise<unknown> {
  assertType(request, JSON_TYPE);
  return parseJson(await readText(request), 'The body');
}

/** Returns the JSON body of a request in the media type of SCIM or in JSON. Throws the errors of `readJson`. */
export async function readScimJson(request: HttpRequest): Promise<unknown> {
  assertType(request, SCIM_TYPE, 'The content type must be application/scim+json.');
  return parseJson(await readText(request), 'The body');
}

/** Returns the form-encoded body of a request. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`. */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  assertType(request, FORM_TYPE, 'The content type must be application/x-www-form-urlencoded.');
  return new URLSearchParams(await readText(request));
}
