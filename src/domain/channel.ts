import { badInput, type InputIssue } from './errors.ts';
import { isBuiltInOperation, normaliseOperations, type Operation } from './scopes.ts';

/** A channel, which stores messages and streams them. Instants are milliseconds since the epoch. */
export interface Channel {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The operations on one channel that are given to a user, a member of its workspace or not. */
export interface ChannelShare {
  readonly channelId: string;
  readonly userId: string;
  readonly operations: readonly Operation[];
}

/** The giver of a share, role or invitation: a user, a user's token, or a workspace token, which has no user. */
export interface Granter {
  readonly userId: string | null;
  /** `null` if the user gives it with a session. */
  readonly tokenId: string | null;
}

/** Returns the operations of a share, each once. Throws `BAD_USER_INPUT` if there are none, or if one is `CREATE` or not an operation of channels. */
export function parseSharedOperations(
  operations: readonly Operation[],
  path: InputIssue['path'],
): Operation[] {
  if (operations.length === 0) throw badInput(path, 'must name at least one operation');
  if (operations.includes('CREATE'))
    throw badInput(path, 'CREATE cannot be shared: the channel exists already');
  const unknown = operations.filter((operation) => !isBuiltInOperation(operation));
  if (unknown.length > 0) throw badInput(path, `a channel has no operation ${unknown.join(', ')}`);
  return normaliseOperations(operations);
}
