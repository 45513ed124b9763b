import type { IncomingMessage, ServerResponse } from 'node:http';
import { failure } from '../domain/errors.ts';

/** RFC 3986, section 3.2, as far as a `Host` may use it: a name, an IPv4 address or an IPv6 one in brackets, and a port. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/;
const BODYLESS = ['GET', 'HEAD'];

function countOf(message: IncomingMessage, header: string): number {
  return message.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === header).length;
}

/** The URL of a request; `null` where the request line or `Host` is malformed. */
function urlOf(message: IncomingMessage): string | null {
  const { host = 'localhost' } = message.headers;
  const target = message.url ?? '';
  const url = `http://${host}${target}`;
  const wellFormed =
    countOf(message, 'host') <= 1 && HOST.test(host) && target.startsWith('/') && URL.canParse(url);
  return wellFormed ? url : null;
}

/** Every header as it came; repeated ones are joined, as RFC 9110 reads them. */
function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  return headers;
}

/** The body, read no faster than it is asked for. What nobody wants is let pass, so that the connection stays usable. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = message.iterator({ destroyOnReturn: false });
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return?.();
        message.resume();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Aborted when the client goes before it has its answer. */
function goneSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * A request as fetch knows it, its body still to be read. Throws `BAD_REQUEST` where it is malformed or its method
 * forbidden to fetch, `INVALID_AUTH_HEADER` where it has several `Authorization` headers: Node would tell the first.
 */
export function toRequest(message: IncomingMessage, outgoing: ServerResponse): Request {
  if (countOf(message, 'authorization') > 1) throw failure('INVALID_AUTH_HEADER');
  const url = urlOf(message);
  if (url === null) throw failure('BAD_REQUEST', 'The request line or the Host header is malformed.');
  const { method = 'GET' } = message;
  const body = BODYLESS.includes(method) ? null : bodyOf(message);
  const init = { method, body, duplex: 'half', signal: goneSignal(outgoing) };
  try {
    return new Request(url, { ...init, headers: headersOf(message) });
  } catch {
    throw failure('BAD_REQUEST', 'The method or a header is not acceptable.');
  }
}
