import { type Client, type CombinedError, cacheExchange, createClient, fetchExchange } from 'urql';
import { accessToken } from './access-token.ts';

/**
 * Creates a client with an empty cache. The access token of the identity provider authenticates its requests or, without one,
 * the session cookie.
 */
export function createApiClient(): Client {
  return createClient({
    url: `${import.meta.env.VITE_POSTERN_URL ?? 'http://127.0.0.1:4000'}/graphql`,
    // Postern accepts the session cookie only in a POST.
    preferGetMethod: false,
    fetchOptions: () => {
      const token = accessToken();
      return token === null ? { credentials: 'include' } : { headers: { authorization: `Bearer ${token}` } };
    },
    exchanges: [cacheExchange, fetchExchange],
  });
}

/** Returns a message for the user. Programs decide by `extensions.code`, not by the message. */
export function describeError(error: CombinedError): string {
  return error.graphQLErrors[0]?.message ?? 'The server cannot be reached.';
}

/** Returns whether the server asks the user to sign in. */
export function isSignedOut(error: CombinedError): boolean {
  const codes: unknown[] = ['UNAUTHENTICATED', 'INVALID_SESSION'];
  return error.graphQLErrors.some(({ extensions }) => codes.includes(extensions.code));
}
