import { badInput, type InputIssue } from './errors.ts';
import { normaliseOperations, type Operation } from './scopes.ts';

/** A channel: what messages are published to. Instants are milliseconds since the epoch. */
export interface Channel {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a user may do on one channel, whether a member of its workspace or not. */
export interface ChannelShare {
  readonly channelId: string;
  readonly userId: string;
  readonly operations: readonly Operation[];
}

/** Who gives something: a person, a person's token, or a workspace token, which has no person. */
export interface Granter {
  readonly userId: string | null;
  /** `null` if the person gives it with a session. */
  readonly tokenId: string | null;
}

/** The operations of a share, each once. Throws `BAD_USER_INPUT` on none, and on `CREATE`: a channel that is shared exists. */
export function parseSharedOperations(
  operations: readonly Operation[],
  path: InputIssue['path'],
): Operation[] {
  if (operations.length === 0) throw badInput(path, 'must name at least one operation');
  if (operations.includes('CREATE'))
    throw badInput(path, 'CREATE cannot be shared: the channel exists already');
  return normaliseOperations(operations);
}
