import type { TestApp } from './app.ts';

/** What is asked of `/verify`. */
export type VerifyQuery = Readonly<Record<string, string>>;

/** An answer of `/verify` as a proxy sees it. */
export interface Verified {
  readonly status: number;
  readonly headers: Headers;
  /** The `X-Postern-*` headers. */
  readonly identity: Readonly<Record<string, string>>;
  /** The first error's extensions; `undefined` where there is no error. */
  readonly refusal: Record<string, unknown> | undefined;
}

/** Asks `/verify` with the `Authorization` of a secret, or without one. */
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
