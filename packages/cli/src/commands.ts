import { readFileSync } from 'node:fs';
import { type Api, createApi } from './api.ts';
import { completionFor } from './completion.ts';
import { chooseOrigin, findCredential, removeCredential, saveCredential } from './credentials.ts';
import { failure, isFailure } from './failure.ts';
import { findTokenId, listTokens } from './find-token.ts';
import {
  Can,
  CreateToken,
  DeleteToken,
  DisableToken,
  EnableToken,
  type Operation,
  RegenerateToken,
  RevokeToken,
  ScopesFor,
  Sessions,
  ShowToken,
  SignOut,
  type TokenAccess,
  type TokenPartsFragment,
  type TokenStatus,
  UpdateToken,
  Whoami,
} from './generated/operations.ts';
import { requestCredential } from './login.ts';
import { describeToken, describeTokens, print, printJson, printSecret, say } from './output.ts';
import { formatScope, parseDuration, parseExpiry, parseOperation, parseScope } from './values.ts';

const STATUSES: readonly TokenStatus[] = ['ACTIVE', 'DISABLED', 'EXPIRED', 'REVOKED', 'USED_UP'];

/** The options of a command line. */
export interface Options {
  readonly scope?: readonly string[];
  readonly access?: string;
  readonly expires?: string;
  readonly description?: string;
  readonly name?: string;
  readonly overlap?: string;
  readonly status?: string;
  readonly workspace?: string;
  readonly operation?: string;
  readonly server?: string;
  readonly json?: boolean;
}

/** One call of a command. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: Options;
  readonly env: NodeJS.ProcessEnv;
}

interface Command {
  /** The number of arguments, at least and at most. */
  readonly takes: readonly [number, number];
  /** The options that it takes besides `--server` and `--json`. */
  readonly options: readonly (keyof Options)[];
  readonly run: (invocation: Invocation) => Promise<void>;
}

const apiFor = ({ env, options }: Invocation): Api => createApi(findCredential(env, options.server));

function parseAccess(text: string): TokenAccess {
  const access = text.toUpperCase();
  if (access === 'NONE' || access === 'SCOPED' || access === 'FULL') return access;
  throw failure('usage', '--access must be none, scoped or full.');
}

function parseStatus(text: string): TokenStatus {
  const status = STATUSES.find((each) => each === text.toUpperCase());
  if (status) return status;
  throw failure('usage', `--status must be one of ${STATUSES.join(', ').toLowerCase()}.`);
}

/** Returns the access and scopes of the options; nothing that they leave out. */
function grantOf({ access, scope }: Options) {
  const level = access === undefined ? (scope ? 'SCOPED' : undefined) : parseAccess(access);
  if (scope && level !== 'SCOPED') throw failure('usage', '--scope needs --access scoped, or no --access.');
  const scopes = level === 'SCOPED' ? (scope ?? []).map(parseScope) : undefined;
  return { ...(level && { access: level }), ...(scopes && { scopes }) };
}

function showToken({ options }: Invocation, token: TokenPartsFragment | null | undefined): void {
  if (!token) throw failure('refused', 'This token does not exist, or you do not have access.');
  if (options.json) printJson(token);
  else print(describeToken(token));
}

/** Prints the secret alone to stdout, and what it is for to stderr. */
function showIssued(
  { options, env }: Invocation,
  issued: { readonly secret: string; readonly token: TokenPartsFragment | null } | null | undefined,
): void {
  if (!issued) throw failure('refused', 'The server created nothing.');
  const { secret, token } = issued;
  const text = options.json ? JSON.stringify({ secret, token }, null, 2) : secret;
  printSecret(env, token?.id ?? 'token', text);
  if (!options.json && token) say(`\n${describeToken(token)}\n\nThe secret is shown once. Store it now.`);
}

/** A command that changes one token and shows it. */
function change(
  operation: Operation<Record<string, { token: TokenPartsFragment | null } | null>, { id: string }>,
): Command {
  return {
    takes: [1, 1],
    options: [],
    async run(invocation) {
      const api = apiFor(invocation);
      const id = await findTokenId(api, invocation.args[0] ?? '');
      const [payload] = Object.values(await api.call(operation, { id }));
      showToken(invocation, payload?.token);
    },
  };
}

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

async function create(invocation: Invocation): Promise<void> {
  const { args, options } = invocation;
  const input = {
    name: args[0] ?? '',
    ...grantOf(options),
    ...(options.expires !== undefined && { expires: parseExpiry(options.expires) }),
    ...(options.description !== undefined && { description: options.description }),
  };
  const { createToken } = await apiFor(invocation).call(CreateToken, { input });
  showIssued(invocation, createToken);
}

async function list(invocation: Invocation): Promise<void> {
  const { status, json } = invocation.options;
  const statuses = status === undefined ? null : [parseStatus(status)];
  const tokens = await listTokens(apiFor(invocation), statuses ? { status: statuses } : {});
  if (json) printJson(tokens);
  else if (tokens.length === 0) say('No tokens.');
  else print(describeTokens(tokens));
}

async function show(invocation: Invocation): Promise<void> {
  const api = apiFor(invocation);
  const id = await findTokenId(api, invocation.args[0] ?? '');
  showToken(invocation, (await api.call(ShowToken, { id })).token);
}

async function update(invocation: Invocation): Promise<void> {
  const { args, options } = invocation;
  const changes = {
    ...grantOf(options),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.description !== undefined && { description: options.description || null }),
  };
  if (Object.keys(changes).length === 0) {
    throw failure('usage', 'Name a change: --name, --description, --access or --scope.');
  }
  const api = apiFor(invocation);
  const id = await findTokenId(api, args[0] ?? '');
  showToken(invocation, (await api.call(UpdateToken, { input: { id, ...changes } })).updateToken?.token);
}

async function regenerate(invocation: Invocation): Promise<void> {
  const { args, options } = invocation;
  const changes = {
    ...(options.expires !== undefined && { expires: parseExpiry(options.expires) }),
    ...(options.overlap !== undefined && { overlap: parseDuration(options.overlap) }),
  };
  const api = apiFor(invocation);
  const id = await findTokenId(api, args[0] ?? '');
  showIssued(invocation, (await api.call(RegenerateToken, { input: { id, ...changes } })).regenerateToken);
}

async function remove(invocation: Invocation): Promise<void> {
  const api = apiFor(invocation);
  const id = await findTokenId(api, invocation.args[0] ?? '');
  await api.call(DeleteToken, { id });
  if (invocation.options.json) printJson({ deletedTokenId: id });
  else say(`Deleted ${id}.`);
}

async function can(invocation: Invocation): Promise<void> {
  const { args, options } = invocation;
  const [operation = '', entityType = '', entityId] = args;
  const { viewer } = await apiFor(invocation).call(Can, {
    operation: parseOperation(operation),
    entityType,
    entityId: entityId ?? null,
    workspaceId: options.workspace ?? null,
  });
  const decision = viewer?.can;
  if (options.json) printJson(decision);
  else print(decision?.allowed ? 'yes' : `no${decision?.reason ? `: ${decision.reason}` : ''}`);
  if (!decision?.allowed) process.exitCode = 1;
}

async function scopes(invocation: Invocation): Promise<void> {
  const { args, options } = invocation;
  const [word, file = ''] = args;
  if (word !== 'for') throw failure('usage', 'Usage: pat scopes for FILE');
  let document: string;
  try {
    document = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw failure('usage', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  const variables = { document, operationName: options.operation ?? null, variables: null };
  const { scopesFor } = await apiFor(invocation).call(ScopesFor, variables);
  if (!scopesFor) throw failure('refused', 'The server proposed nothing.');
  if (options.json) printJson(scopesFor);
  else for (const scope of scopesFor.scopes) print(formatScope(scope));
  for (const { path, reason } of scopesFor.obstacles)
    say(`${path.join('.')}: no personal token can do this (${reason})`);
  if (!scopesFor.possible) process.exitCode = 1;
}

/** The commands by name. */
export const RUNNERS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['login', { takes: [0, 1], options: ['scope'], run: login }],
  ['logout', { takes: [0, 0], options: [], run: logout }],
  ['whoami', { takes: [0, 0], options: [], run: whoami }],
  ['create', { takes: [1, 1], options: ['scope', 'access', 'expires', 'description'], run: create }],
  ['list', { takes: [0, 0], options: ['status'], run: list }],
  ['show', { takes: [1, 1], options: [], run: show }],
  ['update', { takes: [1, 1], options: ['scope', 'access', 'name', 'description'], run: update }],
  ['regenerate', { takes: [1, 1], options: ['expires', 'overlap'], run: regenerate }],
  ['disable', change(DisableToken)],
  ['enable', change(EnableToken)],
  ['revoke', change(RevokeToken)],
  ['delete', { takes: [1, 1], options: [], run: remove }],
  ['can', { takes: [2, 3], options: ['workspace'], run: can }],
  ['scopes', { takes: [2, 2], options: ['operation'], run: scopes }],
  [
    'completion',
    { takes: [1, 1], options: [], run: async ({ args }) => print(completionFor(args[0] ?? '')) },
  ],
]);
