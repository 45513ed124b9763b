/**
 * A request as endpoints see it. Nothing of it is read before somebody asks: fetch's own `Request`, with its headers,
 * stream and signal, costs ten times what the whole of a verification does.
 */
export interface HttpRequest {
  readonly method: string;
  /** The target's path as it was sent, and what follows it from the question mark on. */
  readonly path: string;
  readonly search: string;
  /** All of it, in its normal form. Throws `BAD_REQUEST` where it has none. */
  readonly url: URL;
  /** Aborted when the client goes before it has its answer. */
  readonly signal: AbortSignal;
  /** A header by its name in lower case, repeated ones joined by commas (RFC 9110, section 5.3); `null` where there is none. */
  header(name: string): string | null;
  /** The same, each value by itself; empty if there is none. For headers that must not be repeated. */
  headerValues(name: string): readonly string[];
  /** The whole body. Throws `PAYLOAD_TOO_LARGE` where it has more bytes than the limit, `BAD_REQUEST` where it ends early. */
  body(limit: number): Promise<Uint8Array>;
}

/** Header fields of an answer, each once, by its name in lower case. */
export type HttpHeaders = Record<string, string>;

/** What a request is answered with. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** A stream goes on for as long as both sides want. */
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Whether a client takes answers that are compressed with gzip. */
export function takesGzip(request: HttpRequest): boolean {
  return /\bgzip\b/.test(request.header('accept-encoding') ?? '');
}

/** Adds to the headers by which a cache would have to tell answers apart (RFC 9110, section 12.5.5). */
export function varyBy(headers: HttpHeaders, name: string): void {
  headers.vary = headers.vary ? `${headers.vary}, ${name}` : name;
}
