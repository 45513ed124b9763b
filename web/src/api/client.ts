import {
  type CombinedError,
  cacheExchange,
  createClient,
  fetchExchange,
  mapExchange,
  type Operation,
  type OperationResult,
} from 'urql';
import { isSignedOut } from './errors.ts';

const ENDPOINT = '/graphql';

const EVERYTHING = ['Everything'];

/** Every query depends on everything, and every change concerns it: after one, what is on the page is asked for anew. */
function dependOnEverything(operation: Operation): Operation {
  if (operation.kind === 'subscription') return operation;
  return { ...operation, context: { ...operation.context, additionalTypenames: EVERYTHING } };
}

/** A result in which a refused root field counts as no data, so that a page sees either data or an error. */
function withoutRefusedData(result: OperationResult): OperationResult {
  const { data, error } = result;
  const refused = error?.graphQLErrors.some(({ path }) => path && data?.[path[0] as string] === null);
  return refused ? { ...result, data: undefined } : result;
}

/**
 * A client of the API with a memory of its own; a new one remembers nothing. The memory holds what queries answered:
 * answers to changes, and with them secrets, never go into it.
 */
export function createApiClient(options: { onSignedOut: () => void }) {
  return createClient({
    url: ENDPOINT,
    preferGetMethod: false,
    fetchSubscriptions: true,
    requestPolicy: 'cache-and-network',
    fetchOptions: { credentials: 'same-origin' },
    exchanges: [
      mapExchange({
        onOperation: dependOnEverything,
        onResult: withoutRefusedData,
        onError(error: CombinedError) {
          if (isSignedOut(error)) options.onSignedOut();
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
}

/** A client that calls with a token instead of the session, and keeps nothing. */
export function createTokenClient(secret: string) {
  return createClient({
    url: ENDPOINT,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetchOptions: { credentials: 'omit', headers: { authorization: `Bearer ${secret}` } },
    exchanges: [mapExchange({ onResult: withoutRefusedData }), fetchExchange],
  });
}
