import { type Decision, denied, isReusable, type Operation, toDecision } from './decision.ts';
import { type CheckResult, cacheKeyOf, createDecisionCache } from './decision-cache.ts';

export type { Allowed, Decision, Denied, Operation } from './decision.ts';

const TIMEOUT_MS = 2000;
const CACHE_ENTRIES = 10_000;

/** Headers of Node or of the fetch standard. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** An incoming request, or its headers. */
export type RequestLike = HeadersLike | { readonly headers: HeadersLike };

/** The operation and entity to check. */
export interface AccessCheck {
  /** A built-in operation, or one that the entity type declares, such as `refund`. Case and `-` for `_` do not matter. */
  readonly operation: Operation | Lowercase<Operation> | (string & {});
  /** `workspace`, `channel`, `token`, or an entity type that the workspace registered. */
  readonly entityType: string;
  /** The entity. `*` or no such key: every entity of the type. A key without a value is denied with 400. */
  readonly entityId?: string | null | undefined;
  /** The workspace, if the entity does not imply it. */
  readonly workspaceId?: string | null | undefined;
  /** Without an `entityId`: checks whether the caller has access to at least one entity of the type. */
  readonly any?: true;
}

/** The client behind the request. */
export interface Client {
  /** Its address. Postern counts refused credentials and applies a token's networks by it, if it trusts this service as a proxy. */
  readonly address?: string | null | undefined;
}

/**
 * Resolves to whether the caller of a request has access. Without a check, it only verifies the credential. Never rejects: a
 * check that fails for any reason is a denial.
 */
export type Verify = (from: RequestLike, check?: AccessCheck, client?: Client) => Promise<Decision>;

export interface VerifierOptions {
  /** The base URL of Postern, such as `http://127.0.0.1:4000`. */
  readonly url: string | URL;
  /** Seconds for which a decision that allows access is reused. Default: 0, which never reuses one. */
  readonly cacheSeconds?: number;
  /** Maximum number of cached decisions. Default: 10,000. */
  readonly cacheEntries?: number;
  /** Milliseconds to wait for a response. Default: 2,000. */
  readonly timeoutMs?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

function headersOf(from: RequestLike): HeadersLike {
  const { headers } = from as { headers?: HeadersLike | string };
  return typeof headers === 'object' ? headers : (from as HeadersLike);
}

/** Returns the text of a header. Several headers of one name are joined, as HTTP defines, so that Postern refuses them. */
function headerOf(headers: HeadersLike, name: string): string | null {
  if (typeof headers.get === 'function') return headers.get(name);
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined
    ? null
    : typeof found === 'string'
      ? found
      : (found as readonly string[]).join(', ');
}

/** Returns the query string of a check; `null` if a key has no value, because without it the check would be wider. */
function queryOf(check: AccessCheck | undefined): string | null {
  if (check === undefined) return '';
  const { any, ...texts } = check ?? {};
  const entries = Object.entries(texts as Record<string, string>);
  if (entries.length === 0 || entries.some(([, value]) => typeof value !== 'string' || value === ''))
    return null;
  if (any !== true && 'any' in check) return null;
  return new URLSearchParams(any ? [...entries, ['any', 'true']] : entries).toString();
}

/** Returns the headers that Postern receives: the credential, the user agent and the client's address. */
function headersFor(authorization: string, headers: HeadersLike, client: Client): Record<string, string> {
  const userAgent = headerOf(headers, 'user-agent');
  return {
    authorization,
    ...(userAgent !== null && { 'user-agent': userAgent }),
    ...(client.address && { 'x-forwarded-for': client.address }),
  };
}

/**
 * Returns a function that checks access at Postern's `/verify`.
 * Throws a `TypeError` for an invalid URL and a `RangeError` for a negative time.
 */
export function createVerifier(options: VerifierOptions): Verify {
  const { cacheSeconds = 0, cacheEntries = CACHE_ENTRIES, timeoutMs = TIMEOUT_MS } = options;
  if (!(cacheSeconds >= 0)) throw new RangeError('cacheSeconds must not be negative');
  const base = new URL(options.url);
  const endpoint = new URL('verify', base.pathname.endsWith('/') ? base : `${base}/`);
  const cache = cacheSeconds > 0 ? createDecisionCache(cacheSeconds, cacheEntries) : null;

  async function send(query: string, headers: Record<string, string>): Promise<CheckResult> {
    const url = query === '' ? endpoint : new URL(`?${query}`, endpoint);
    const fetch = options.fetch ?? globalThis.fetch;
    try {
      // Redirects are not followed: the credential is for Postern alone.
      const init = { headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const;
      const response = await fetch(url, init);
      return { decision: await toDecision(response), isReusable: isReusable(response) };
    } catch {
      return { decision: denied(503), isReusable: false };
    }
  }

  return async (from, check, client = {}) => {
    const headers = headersOf(from);
    const query = queryOf(check);
    if (query === null) return denied(400);
    const authorization = headerOf(headers, 'authorization');
    if (authorization === null) return denied(401, { wwwAuthenticate: 'Bearer realm="postern"' });
    const sendCheck = () => send(query, headersFor(authorization, headers, client));
    if (!cache) return (await sendCheck()).decision;
    return cache(cacheKeyOf(authorization, query, client.address ?? null), sendCheck);
  };
}
