import { apiFor, type Command, type Invocation, type Options } from '../command.ts';
import { failure } from '../failure.ts';
import { findTokenId, listTokens } from '../find-token.ts';
import {
  CreateToken,
  DeleteToken,
  DisableToken,
  EnableToken,
  type Operation,
  RegenerateToken,
  RevokeToken,
  ShowToken,
  type TokenAccess,
  type TokenPartsFragment,
  type TokenStatus,
  UpdateToken,
} from '../generated/operations.ts';
import { describeToken, describeTokens, print, printJson, printSecret, say } from '../output.ts';
import { parseDuration, parseExpiry, parseScope } from '../values.ts';

const STATUSES: readonly TokenStatus[] = ['ACTIVE', 'DISABLED', 'EXPIRED', 'REVOKED', 'USED_UP'];

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

/** The commands that create, show and change personal tokens, by name. */
export const TOKEN_COMMANDS: readonly (readonly [name: string, command: Command])[] = [
  ['create', { takes: [1, 1], options: ['scope', 'access', 'expires', 'description'], run: create }],
  ['list', { takes: [0, 0], options: ['status'], run: list }],
  ['show', { takes: [1, 1], options: [], run: show }],
  ['update', { takes: [1, 1], options: ['scope', 'access', 'name', 'description'], run: update }],
  ['regenerate', { takes: [1, 1], options: ['expires', 'overlap'], run: regenerate }],
  ['disable', change(DisableToken)],
  ['enable', change(EnableToken)],
  ['revoke', change(RevokeToken)],
  ['delete', { takes: [1, 1], options: [], run: remove }],
];
