import {
  amongChannels,
  EXCEEDS_CALLER,
  NOT_FOUND,
  newChannel,
  onChannel,
  type Verdict,
} from '../../oracle.ts';
import {
  asLookUp,
  beneath,
  fixed,
  overChannels,
  overWorkspaces,
  type Recipe,
  type Recipes,
} from '../cases.ts';
import type { Targets } from '../targets.ts';
import type { NamedCaller, World } from '../world.ts';

const PUBLISH = 'mutation ($input: PublishMessageInput!) { publishMessage(input: $input) { __typename } }';

/** Each operation on each channel. */
export function channelRecipes(world: World, { channels }: Targets): Recipes {
  const { facts, people, workspaces } = world;
  const { id: guest, email } = people.outsider;
  const may =
    (operation: string) =>
    ({ who }: NamedCaller, id: string) =>
      onChannel(facts, who, operation, id);
  const on = (
    operation: string,
    args: (id: string) => object,
    further?: (caller: NamedCaller, id: string) => Verdict,
  ): Recipe => ({
    scope: ['channel', operation],
    cases: overChannels(
      channels,
      args,
      further ?? may(operation),
      further ? undefined : (entityId) => ({ operation, entityType: 'channel', entityId }),
    ),
  });
  /** A caller can share only operations that the caller can do. */
  const sharing = (caller: NamedCaller, id: string): Verdict => {
    const verdict = may('SHARE')(caller, id);
    return verdict === 'allowed' && may('READ')(caller, id) !== 'allowed' ? EXCEEDS_CALLER : verdict;
  };
  const unsharing = (caller: NamedCaller, id: string): Verdict => {
    const verdict = may('UNSHARE')(caller, id);
    return verdict === 'allowed' && !facts.channel(id)?.shares[guest] ? NOT_FOUND : verdict;
  };
  const inside = (): Recipe => ({
    ...on(
      'READ',
      (id) => ({ id }),
      (caller, id) => beneath(may('READ')(caller, id), () => 'allowed'),
    ),
    via: 'channel',
  });
  const isGuest = ({ who }: NamedCaller, workspace: string): boolean => {
    const shared = workspace === workspaces.home ? people.outsider : people.viewer;
    return (
      'user' in who && who.user === shared.id && [workspaces.home, workspaces.foreign].includes(workspace)
    );
  };
  const read = on('READ', (id) => ({ id }));
  return {
    'Query.channel': { ...read, cases: asLookUp(read.cases) },
    'Query.channels': {
      scope: ['channel', 'LIST'],
      cases: [
        fixed('all', {}, ({ who }) => amongChannels(who, null), { operation: 'LIST', entityType: 'channel' }),
        ...overWorkspaces(
          world,
          (workspaceId) => ({ workspaceId }),
          ({ who }, id) => amongChannels(who, id),
        ),
      ],
    },
    'Channel.shares': inside(),
    'Channel.messages': inside(),
    'Mutation.createChannel': {
      scope: ['channel', 'CREATE'],
      cases: overWorkspaces(
        world,
        (workspaceId) => ({ input: { workspaceId, name: 'new' } }),
        (caller, id) => newChannel(facts, caller.who, id, isGuest(caller, id)),
        (workspaceId) => ({ operation: 'CREATE', entityType: 'channel', workspaceId }),
      ),
    },
    'Mutation.updateChannel': on('UPDATE', (id) => ({ input: { id, name: 'renamed' } })),
    'Mutation.deleteChannel': on('DELETE', (id) => ({ input: { id } })),
    'Mutation.shareChannel': on('SHARE', (id) => ({ input: { id, email, operations: ['READ'] } }), sharing),
    'Mutation.unshareChannel': on('UNSHARE', (id) => ({ input: { id, userId: guest } }), unsharing),
    'Mutation.publishMessage': on('PUBLISH', (channelId) => ({
      input: { channelId, payload: { some: 'thing' } },
    })),
    'Subscription.channelMessages': {
      ...on('SUBSCRIBE', (channelId) => ({ channelId })),
      trigger: ({ channelId }) => {
        const isForeign = channelId === channels.ofForeign || channelId === channels.sharedOfForeign;
        const secret = (isForeign ? people.stranger : people.owner).session;
        return { query: PUBLISH, variables: { input: { channelId, payload: 'hello' } }, secret };
      },
    },
  };
}
