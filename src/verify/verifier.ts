import { type Operation, refused, toVerdict, type Verdict } from './verdict.ts';
import { createVerdictCache, keyOf } from './verdict-cache.ts';

export type { Allowed, Operation, Refused, Verdict } from './verdict.ts';

const TIMEOUT_MS = 2000;
const CACHED_VERDICTS = 10_000;

/** Headers as Node or the fetch standard have them. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** The request that came in, or its headers. */
export type RequestLike = HeadersLike | { readonly headers: HeadersLike };

/** What the caller wants to do; left out, only the credential is in question. */
export interface Question {
  readonly operation: Operation | Lowercase<Operation>;
  /** `workspace`, `channel`, `token`, or a type that the workspace registered. */
  readonly entityType: string;
  /** Which entity. Left out, or as `*`: every entity of the type. Present without a value, the answer is a refusal with 400. */
  readonly entityId?: string | null | undefined;
  /** In which workspace, where the entity does not say. */
  readonly workspaceId?: string | null | undefined;
  /** Without an `entityId`: asks whether there is any entity of the type that the caller may do it to. */
  readonly any?: true;
}

/** What is known of the client beyond its headers. */
export interface Client {
  /** Its address: Postern counts refused credentials by it, where it trusts its proxies. */
  readonly address?: string | null | undefined;
}

/** Asks whether who sent a request may do a thing. Never rejects: what cannot be asked is refused. */
export type Verify = (from: RequestLike, question?: Question, client?: Client) => Promise<Verdict>;

export interface VerifierOptions {
  /** Where Postern is, such as `http://127.0.0.1:4000`. */
  readonly url: string | URL;
  /** For how many seconds a yes may be repeated without asking. 0, the default, always asks. */
  readonly cacheSeconds?: number;
  /** How many of them are kept; 10,000 unless told otherwise. */
  readonly cacheEntries?: number;
  /** Milliseconds to wait for an answer; 2,000 unless told otherwise. */
  readonly timeoutMs?: number;
  /** What stands in for the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

function headersOf(from: RequestLike): HeadersLike {
  const { headers } = from as { headers?: HeadersLike | string };
  return typeof headers === 'object' ? headers : (from as HeadersLike);
}

/** A header's text; several of one name are joined, as HTTP reads them, for Postern to refuse. */
function headerOf(headers: HeadersLike, name: string): string | null {
  if (typeof headers.get === 'function') return headers.get(name);
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined
    ? null
    : typeof found === 'string'
      ? found
      : (found as readonly string[]).join(', ');
}

/** The query of a question; `null` if something in it has no value, which would make it another question. */
function queryOf(question: Question | undefined): string | null {
  if (question === undefined) return '';
  const { any, ...texts } = question ?? {};
  const entries = Object.entries(texts as Record<string, string>);
  if (entries.length === 0 || entries.some(([, value]) => typeof value !== 'string' || value === ''))
    return null;
  if (any !== true && 'any' in question) return null;
  return new URLSearchParams(any ? [...entries, ['any', 'true']] : entries).toString();
}

/** The headers that go to Postern: the credential, and what the client is known by. */
function headersFor(authorization: string, headers: HeadersLike, client: Client): Record<string, string> {
  const userAgent = headerOf(headers, 'user-agent');
  return {
    authorization,
    ...(userAgent !== null && { 'user-agent': userAgent }),
    ...(client.address && { 'x-forwarded-for': client.address }),
  };
}

/** A verifier over Postern's `/verify`. Throws a `TypeError` on a URL that is none, a `RangeError` on a negative time. */
export function createVerifier(options: VerifierOptions): Verify {
  const { cacheSeconds = 0, cacheEntries = CACHED_VERDICTS, timeoutMs = TIMEOUT_MS } = options;
  if (!(cacheSeconds >= 0)) throw new RangeError('cacheSeconds must not be negative');
  const base = new URL(options.url);
  const endpoint = new URL('verify', base.pathname.endsWith('/') ? base : `${base}/`);
  const remember = cacheSeconds > 0 ? createVerdictCache(cacheSeconds, cacheEntries) : null;

  async function ask(query: string, headers: Record<string, string>): Promise<Verdict> {
    const url = query === '' ? endpoint : new URL(`?${query}`, endpoint);
    const send = options.fetch ?? globalThis.fetch;
    try {
      // A redirect is not followed: the credential is for Postern alone.
      const init = { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const;
      return await toVerdict(await send(url, init));
    } catch {
      return refused(503);
    }
  }

  return async (from, question, client = {}) => {
    const headers = headersOf(from);
    const query = queryOf(question);
    if (query === null) return refused(400);
    const authorization = headerOf(headers, 'authorization');
    if (authorization === null) return refused(401, { wwwAuthenticate: 'Bearer realm="postern"' });
    const askNow = () => ask(query, headersFor(authorization, headers, client));
    return remember ? remember(keyOf(authorization, query), askNow) : askNow();
  };
}
