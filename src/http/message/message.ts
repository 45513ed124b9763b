/**
 * A request as endpoints see it. Its parts are read on demand, because constructing a fetch `Request` with its headers,
 * stream and signal takes ten times as long as a whole verification.
 */
export interface HttpRequest {
  readonly method: string;
  /** The path as sent. */
  readonly path: string;
  /** The query string as sent, with its question mark; empty if there is none. */
  readonly search: string;
  /** The normalized URL. Throws `BAD_REQUEST` if it is invalid. */
  readonly url: URL;
  /** Aborts when the client closes the connection before the response is complete. */
  readonly signal: AbortSignal;
  /** Returns a header by its lower-case name, repeated ones joined by commas (RFC 9110, section 5.3); `null` if absent. */
  header(name: string): string | null;
  /** Returns each value of a header; empty if absent. For headers that must not be repeated. */
  headerValues(name: string): readonly string[];
  /** Reads the whole body. Rejects with `PAYLOAD_TOO_LARGE` above `limit` bytes, with `BAD_REQUEST` if it ends early. */
  body(limit: number): Promise<Uint8Array>;
}

/** The headers of a response, by their lower-case names. */
export type HttpHeaders = Record<string, string>;

/** A response. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The `Set-Cookie` headers, which cannot be joined into one (RFC 6265, section 3). */
  readonly cookies?: readonly string[];
  /** A stream stays open until either side closes it. */
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** A coding of `Accept-Encoding` with a quality of 0, which excludes it (RFC 9110, section 12.5.3). */
const EXCLUDED = /;\s*q\s*=\s*0(?:\.0{0,3})?\s*$/;

/** Returns whether a client accepts gzip. */
export function acceptsGzip(request: HttpRequest): boolean {
  const codings = (request.header('accept-encoding') ?? '').toLowerCase().split(',');
  const named = (name: string) => codings.find((coding) => coding.split(';', 1)[0]?.trim() === name);
  const coding = named('gzip') ?? named('x-gzip') ?? named('*');
  return coding !== undefined && !EXCLUDED.test(coding);
}

/** Adds a request header to `Vary` (RFC 9110, section 12.5.5). */
export function varyBy(headers: HttpHeaders, name: string): void {
  headers.vary = headers.vary ? `${headers.vary}, ${name}` : name;
}
