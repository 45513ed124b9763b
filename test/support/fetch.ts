import { failure } from '../../src/domain/errors.ts';
import type { HttpHandler } from '../../src/http/handler.ts';
import type { HttpRequest, HttpResponse } from '../../src/http/message/message.ts';

/** A fetch `Request` as the handler takes it from the wire. */
export function toHttpRequest(request: Request): HttpRequest {
  const url = new URL(request.url);
  return {
    method: request.method,
    path: url.pathname,
    search: url.search,
    url,
    signal: request.signal,
    header: (name) => request.headers.get(name),
    headerValues(name) {
      const value = request.headers.get(name);
      return value === null ? [] : [value];
    },
    async body(limit) {
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (bytes.byteLength > limit) throw failure('PAYLOAD_TOO_LARGE');
      return bytes;
    },
  };
}

function toResponse({ status, headers, body }: HttpResponse): Response {
  return new Response(body as BodyInit | null, { status, headers });
}

/** Asks a handler without a network between. */
export async function fetchFrom(
  handler: Pick<HttpHandler, 'answer'>,
  request: Request,
  address = '127.0.0.1',
): Promise<Response> {
  return toResponse(await handler.answer(toHttpRequest(request), { address }));
}
