import type { TestApp } from './app.ts';

/** The parameters of a request to `/verify`. */
export type VerifyQuery = Readonly<Record<string, string>>;

/** A response of `/verify` as a proxy sees it. */
export interface Verified {
  readonly status: number;
  readonly headers: Headers;
  /** The `X-Postern-*` headers. */
  readonly identity: Readonly<Record<string, string>>;
  /** The extensions of the first error; `undefined` if there is none. */
  readonly refusal: Record<string, unknown> | undefined;
}

/** Sends a request to `/verify`, with the `Authorization` of a secret if given. */
export async function verify(
  postern: TestApp,
  secret: string | null,
  query: VerifyQuery = {},
  init: RequestInit = {},
): Promise<Verified> {
  const url = `http://postern.test/verify?${new URLSearchParams(query)}`;
  const request = new Request(url, init);
  if (secret !== null) request.headers.set('Authorization', `Bearer ${secret}`);
  const response = await postern.fetch(request);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    identity: Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('x-postern-'))),
    refusal: text === '' ? undefined : JSON.parse(text).errors[0].extensions,
  };
}
