import { failure } from '../../src/domain/errors.ts';
import type { HttpHandler } from '../../src/http/handler.ts';
import type { HttpRequest, HttpResponse } from '../../src/http/message/message.ts';

/** Returns a fetch `Request` in the form that the handler takes. */
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

function toResponse({ status, headers, cookies = [], body }: HttpResponse): Response {
  const all = [...Object.entries(headers), ...cookies.map((cookie) => ['set-cookie', cookie])];
  return new Response(body as BodyInit | null, { status, headers: all as [string, string][] });
}

/** Sends a request to a handler without a network. */
export async function fetchFrom(
  handler: Pick<HttpHandler, 'handle'>,
  request: Request,
  address = '127.0.0.1',
): Promise<Response> {
  return toResponse(await handler.handle(toHttpRequest(request), { address }));
}
