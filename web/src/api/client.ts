import {
  type CombinedError,
  cacheExchange,
  createClient,
  fetchExchange,
  getOperationName,
  mapExchange,
  type Operation,
  type OperationResult,
} from 'urql';
import type { MeQuery } from '../generated/hooks.ts';
import { typesChanged, typesRead } from './changes.ts';
import type { Connection } from './connection.ts';
import { isPasswordTemporary, isReplaced, isSignedOut } from './errors.ts';
import { keepResults, type Resending } from './keep-results.ts';
import { reauthenticateAndRepeat } from './reauthentication.ts';

const ENDPOINT = '/graphql';

/** The header with the user of this tab. The server refuses a request whose session cookie belongs to another user. */
const EXPECTED_USER = 'x-postern-expected-user';

/** Makes a query depend on the mutations that can change what it reads: after one, it is sent again if the page shows it. */
function dependOnChanges(operation: Operation): Operation {
  const name = getOperationName(operation.query) ?? '';
  if (operation.kind === 'subscription' || operation.kind === 'teardown') return operation;
  const types = operation.kind === 'query' ? typesRead(name) : typesChanged(name);
  return { ...operation, context: { ...operation.context, additionalTypenames: [...types] } };
}

/** Returns a result without its data if a root field was refused, so that a page gets either data or an error. */
function withoutRefusedData(result: OperationResult): OperationResult {
  const { data, error } = result;
  const refused = error?.graphQLErrors.some(({ path }) => path && data?.[path[0] as string] === null);
  return refused ? { ...result, data: undefined } : result;
}

interface ClientOptions {
  readonly connection: Connection;
  /** Called after a change of the user. */
  readonly onChanged: (userId: string) => void;
  /** Called when the server requires a sign-in and no user has been signed in yet. */
  readonly onAnonymous: () => void;
  /** Called when the server requires that the user replaces a generated password first. */
  readonly onTemporaryPassword: () => void;
}

/** Tracks the session from the responses of the server. */
function watchSession({ connection, onAnonymous, onTemporaryPassword }: ClientOptions) {
  function bind({ operation, data }: OperationResult): void {
    const user =
      getOperationName(operation.query) === 'Me' ? (data as MeQuery | undefined)?.viewer?.user : null;
    const current = connection.get().user;
    if (user && (!current || current.id === user.id)) connection.update({ user });
  }

  function succeed(result: OperationResult): void {
    bind(result);
    const { kind, query } = result.operation;
    // The one query that anyone can send says nothing about the session.
    const needsSession = kind === 'query' && getOperationName(query) !== 'SignInOptions';
    if (needsSession) connection.update({ session: 'current', prompting: false });
  }

  function fail(error: CombinedError, operation: Operation): void {
    if (isPasswordTemporary(error)) onTemporaryPassword();
    const session = isReplaced(error) ? 'replaced' : isSignedOut(error) ? 'ended' : null;
    if (!session) return;
    const { user, session: before, prompting } = connection.get();
    if (user) {
      // A dismissed dialog opens again when the user submits something, but not after each refresh.
      const prompt = prompting || session !== before || operation.kind === 'mutation';
      connection.update({ session, prompting: prompt });
    } else onAnonymous();
  }

  return (result: OperationResult): void => {
    if (result.error) fail(result.error, result.operation);
    else succeed(result);
  };
}

/**
 * Returns an API client with an empty cache. The cache stores results of queries only: results of mutations, which can
 * contain secrets, are never cached. `retry` sends failed queries again, `refresh` all queries of the page.
 */
export function createApiClient(options: ClientOptions) {
  const { connection, onChanged } = options;
  let resending: Resending = { retry: () => {}, refresh: () => {} };
  const watch = watchSession(options);
  const client = createClient({
    url: ENDPOINT,
    preferGetMethod: false,
    fetchSubscriptions: true,
    requestPolicy: 'cache-and-network',
    fetchOptions() {
      const { user } = connection.get();
      return { credentials: 'same-origin', ...(user && { headers: { [EXPECTED_USER]: user.id } }) };
    },
    exchanges: [
      mapExchange({ onOperation: dependOnChanges }),
      keepResults(connection, (ready) => {
        resending = ready;
      }),
      cacheExchange,
      mapExchange({
        onResult(result) {
          watch(result);
          const { user } = connection.get();
          if (user && result.operation.kind === 'mutation' && !result.error) onChanged(user.id);
          return withoutRefusedData(result);
        },
      }),
      reauthenticateAndRepeat(connection),
      fetchExchange,
    ],
  });
  return { client, retry: () => resending.retry(), refresh: () => resending.refresh() };
}

/** Returns a client that sends the session cookie but no expected user, and caches nothing. */
export function createSessionClient() {
  return createClient({
    url: ENDPOINT,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    fetchOptions: { credentials: 'same-origin' },
    exchanges: [fetchExchange],
  });
}
