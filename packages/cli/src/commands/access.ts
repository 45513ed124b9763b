import { readFileSync } from 'node:fs';
import { apiFor, type Command, type Invocation } from '../command.ts';
import { failure } from '../failure.ts';
import { Can, ScopesFor } from '../generated/operations.ts';
import { print, printJson, say } from '../output.ts';
import { formatScope, parseOperation, parseVariables } from '../values.ts';

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
  const { scopesFor } = await apiFor(invocation).call(ScopesFor, {
    document,
    operationName: options.operation ?? null,
    variables: options.variables === undefined ? null : parseVariables(options.variables),
  });
  if (!scopesFor) throw failure('refused', 'The server proposed nothing.');
  if (options.json) printJson(scopesFor);
  else for (const scope of scopesFor.scopes) print(formatScope(scope));
  for (const { path, reason } of scopesFor.obstacles)
    say(`${path.join('.')}: no personal token can do this (${reason})`);
  if (!scopesFor.possible) process.exitCode = 1;
}

/** The commands that ask what a caller can do, and what a document needs, by name. */
export const ACCESS_COMMANDS: readonly (readonly [name: string, command: Command])[] = [
  ['can', { takes: [2, 3], options: ['workspace'], run: can }],
  ['scopes', { takes: [2, 2], options: ['operation', 'variables'], run: scopes }],
];
