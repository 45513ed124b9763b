import { OPERATIONS, type BuiltInOperation as Operation } from '../../src/domain/scopes.ts';
import type { Person, TestApp } from './app.ts';
import { createChannel, mutate, publish, share } from './channels.ts';
import { follow } from './streams.ts';
import { createPersonalToken } from './tokens.ts';

/** Where the channel of a cell is: in the token owner's workspace, shared with the owner, or neither. */
const PLACES = ['own', 'shared', 'other'] as const;
export type Place = (typeof PLACES)[number];

/** One cell of the matrix: can the token whose scopes list `held` do `operation` there? */
export interface Cell {
  readonly held: Operation;
  readonly operation: Operation;
  readonly place: Place;
  /** The decision by the rules: only on the diagonal, and no creation in a workspace of which the caller has only a share. */
  readonly allowed: boolean;
}

/** Every operation, with every token of one operation, in every place. */
export const CELLS: readonly Cell[] = PLACES.flatMap((place) =>
  OPERATIONS.flatMap((held) =>
    OPERATIONS.map((operation) => ({
      held,
      operation,
      place,
      allowed: held === operation && (place === 'own' || (place === 'shared' && operation !== 'CREATE')),
    })),
  ),
);

/** The arguments of `viewer.can`, and the parameters of `/verify`, for a cell. */
export interface CellQuestion {
  readonly operation: Operation;
  readonly entityType: 'channel';
  readonly entityId?: string;
  readonly workspaceId?: string;
}

/** The users, channels and tokens of the matrix. */
export interface OperationWorld {
  /** The secret of the token that can do this one operation on every channel of its owner. */
  secretFor(held: Operation): string;
  questionFor(cell: Cell): CellQuestion;
  /** Makes the call itself with the token, on a channel that the call can use up; returns whether it was allowed. */
  call(cell: Cell): Promise<boolean>;
}

const SHAREABLE = OPERATIONS.filter((operation) => operation !== 'CREATE');

interface Target {
  readonly channelId: string;
  readonly workspaceId: string;
  readonly guest: Person;
}

type Attempt = (postern: TestApp, secret: string, target: Target) => Promise<boolean>;

function attempt(field: string, inputFor: (target: Target) => object): Attempt {
  return async (postern, secret, target) => {
    const { errors } = await mutate(postern, field, inputFor(target), secret, '__typename');
    return errors.length === 0;
  };
}

const ATTEMPTS: Readonly<Record<Operation, Attempt>> = {
  CREATE: attempt('createChannel', ({ workspaceId }) => ({ workspaceId, name: 'new' })),
  READ: async (postern, secret, { channelId }) => {
    const query = `{ channel(id: "${channelId}") { messages { totalCount } shares { operations } } }`;
    const { data, errors } = await postern.post(query, {}, secret);
    return errors.length === 0 && data.channel !== null;
  },
  LIST: async (postern, secret, { channelId, workspaceId }) => {
    const query = `{ channels(workspaceId: "${workspaceId}", first: 100) { nodes { id } } }`;
    const { data } = await postern.post(query, {}, secret);
    return data?.channels?.nodes.some(({ id }: { id: string }) => id === channelId) ?? false;
  },
  UPDATE: attempt('updateChannel', ({ channelId: id }) => ({ id, description: 'changed' })),
  DELETE: attempt('deleteChannel', ({ channelId: id }) => ({ id })),
  SHARE: attempt('shareChannel', ({ channelId: id, guest: { email } }) => ({
    id,
    email,
    operations: ['SHARE'],
  })),
  UNSHARE: attempt('unshareChannel', ({ channelId: id, guest }) => ({ id, userId: guest.id })),
  PUBLISH: attempt('publishMessage', ({ channelId }) => ({ channelId, payload: 'said' })),
  SUBSCRIBE: async (postern, secret, { channelId }) => {
    const stream = await follow(postern, channelId, secret);
    await publish(postern, channelId, 'live');
    return (await stream.next())?.data.errors === undefined;
  },
};

/** Creates a user with nine tokens. Everything that the user does not own belongs to the owner of Postern. */
export async function createOperationWorld(postern: TestApp): Promise<OperationWorld> {
  const person = await postern.person('Holder');
  const guest = await postern.person('Guest');
  const workspaces = {
    own: await postern.workspace('Own', [
      [person, 'TEAM_MEMBER'],
      [postern.owner, 'OWNER'],
    ]),
    shared: postern.workspaceId,
    other: postern.workspaceId,
  };

  async function targetAt(place: Place): Promise<Target> {
    const workspaceId = workspaces[place];
    const channelId = await createChannel(postern, { name: place, workspaceId });
    if (place === 'shared') await share(postern, channelId, person, SHAREABLE);
    // A caller who has only a share can end only shares of their own.
    const by = place === 'shared' ? person.session : postern.owner.session;
    await share(postern, channelId, guest, ['LIST'], by);
    return { channelId, workspaceId, guest };
  }

  const secrets = new Map<Operation, string>();
  for (const held of OPERATIONS) {
    const scopes = [{ entityType: 'channel', operations: [held] }];
    const { secret } = await createPersonalToken(postern, person.session, { access: 'SCOPED', scopes });
    secrets.set(held, secret);
  }
  const asked = {
    own: await targetAt('own'),
    shared: await targetAt('shared'),
    other: await targetAt('other'),
  };
  const secretFor = (held: Operation) => secrets.get(held) as string;

  return {
    secretFor,
    questionFor({ operation, place }) {
      const { channelId, workspaceId } = asked[place];
      const where = operation === 'CREATE' ? { workspaceId } : { entityId: channelId };
      return { operation, entityType: 'channel', ...where };
    },
    async call({ held, operation, place }) {
      return ATTEMPTS[operation](postern, secretFor(held), await targetAt(place));
    },
  };
}
