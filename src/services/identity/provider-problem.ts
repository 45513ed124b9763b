/**
 * Why a sign-in at a provider failed, as the console reads it from the address: the person refused or is not allowed to use
 * this client, the provider did not answer, or it answered with something that cannot be accepted.
 */
export type ProviderProblem = 'ACCESS_DENIED' | 'PROVIDER_UNAVAILABLE' | 'PROVIDER_FAILED';

const TIMEOUT_CODES = ['OAUTH_TIMEOUT', 'OAUTH_ABORT'];

/** Returns an error and its causes, the innermost last. */
function chainOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && chain.length < 5; ) {
    chain.push(link);
    link = link instanceof Error ? link.cause : undefined;
  }
  return chain;
}

function textOf(value: unknown, key: string): string | null {
  const text = typeof value === 'object' && value !== null && key in value ? Reflect.get(value, key) : null;
  return typeof text === 'string' ? text : null;
}

/** Returns whether a provider could not be reached, or said that it cannot serve now. */
function isUnavailable(link: unknown): boolean {
  if (typeof link === 'object' && link !== null && 'status' in link) {
    return Number(link.status) >= 500 || link.status === 429;
  }
  const code = textOf(link, 'code');
  const isOfNetwork = link instanceof Error && ('syscall' in link || /^UND_ERR_/.test(code ?? ''));
  return isOfNetwork || (code !== null && TIMEOUT_CODES.includes(code));
}

/** Returns the `error` of an OAuth response in an error of openid-client; `null` if there is none. */
function oauthErrorOf(error: unknown): string | null {
  return error instanceof Error ? textOf(error, 'error') : null;
}

/** Returns the problem of an error of openid-client or of the network. */
export function problemOf(error: unknown): ProviderProblem {
  const chain = chainOf(error);
  const oauthError = oauthErrorOf(error);
  if (oauthError === 'access_denied') return 'ACCESS_DENIED';
  if (oauthError === 'temporarily_unavailable' || oauthError === 'server_error')
    return 'PROVIDER_UNAVAILABLE';
  return chain.some(isUnavailable) ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_FAILED';
}

/** Returns what the log says about an error: codes only, because messages and causes can contain claims and codes. */
export function describeProviderError(error: unknown): Record<string, unknown> {
  const codes = chainOf(error).flatMap((link) => textOf(link, 'code') ?? []);
  const oauthError = oauthErrorOf(error);
  const isName = oauthError !== null && /^[a-z_]{1,60}$/.test(oauthError);
  return { problem: problemOf(error), codes, ...(isName && { error: oauthError }) };
}
