import { createApi } from '../api.ts';
import { apiFor, type Command, type Invocation } from '../command.ts';
import { chooseOrigin, findCredential, removeCredential, saveCredential } from '../credentials.ts';
import { failure, isFailure } from '../failure.ts';
import { Sessions, SignOut, Whoami } from '../generated/operations.ts';
import { requestCredential } from '../login.ts';
import { print, printJson, say } from '../output.ts';
import { formatScope, parseScope } from '../values.ts';

async function login({ args, options, env }: Invocation): Promise<void> {
  const origin = chooseOrigin(env, args[0] ?? options.server);
  if (origin === null) throw failure('usage', 'Name the server: pat login https://postern.example');
  // The server takes one operation in each scope.
  const scopes = (options.scope ?? [])
    .map(parseScope)
    .flatMap((scope) =>
      scope.operations.map((operation) => formatScope({ ...scope, operations: [operation] })),
    );
  const credential = await requestCredential(origin, scopes, say);
  saveCredential(env, credential);
  say(`You are logged in to ${origin}.`);
  if (options.json) printJson({ server: origin });
}

async function logout({ options, env }: Invocation): Promise<void> {
  const { origin, secret } = findCredential({ ...env, POSTERN_TOKEN: '' }, options.server);
  if (secret.includes('ses_')) {
    try {
      await createApi({ origin, secret }).call(SignOut, {});
    } catch (error) {
      // A session that has ended already needs no end.
      if (!isFailure(error) || !/INVALID_SESSION|UNAUTHENTICATED/.test(error.message)) throw error;
    }
  }
  removeCredential(env, origin);
  say(`You are logged out of ${origin}.`);
  if (!secret.includes('ses_'))
    say('The token itself still works. To end it: pat revoke, before the logout.');
}

async function whoami(invocation: Invocation): Promise<void> {
  const api = apiFor(invocation);
  const { viewer } = await api.call(Whoami, {});
  if (!viewer) throw failure('refused', 'The server does not know you.');
  const { kind, user, token } = viewer;
  const sessions = kind === 'SESSION' ? (await api.call(Sessions, {})).viewer?.sessions : undefined;
  const expiresAt = token ? token.expiresAt : sessions?.find(({ current }) => current)?.expiresAt;
  if (invocation.options.json)
    return printJson({ server: api.origin, ...viewer, expiresAt: expiresAt ?? null });
  const name = user ? `${user.name} (${user.email})` : (token?.name ?? kind);
  print(
    `${name}\n${kind.toLowerCase().replaceAll('_', ' ')} at ${api.origin}, until ${expiresAt ?? 'further notice'}`,
  );
}

/** The commands that start, end and show a login, by name. */
export const SESSION_COMMANDS: readonly (readonly [name: string, command: Command])[] = [
  ['login', { takes: [0, 1], options: ['scope'], run: login }],
  ['logout', { takes: [0, 0], options: [], run: logout }],
  ['whoami', { takes: [0, 0], options: [], run: whoami }],
];
