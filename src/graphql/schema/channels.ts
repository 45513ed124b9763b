import type { ChannelShare } from '../../domain/channel.ts';
import type { User } from '../../domain/user.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { ChannelRef, UserRef, WorkspaceRef } from '../refs.ts';

const ChannelShareRef = builder.objectRef<ChannelShare>('ChannelShare').implement({
  description:
    'Operations on a channel that a user is allowed to perform in addition to those of their role.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The user that the channel is shared with.',
      resolve: async ({ userId }, _args, { loaders }) => (await loaders.user.load(userId)) as User,
    }),
    operations: t.field({
      type: ['Operation'],
      description:
        'The operations that the user is allowed to perform, with a session or with a personal token whose scopes cover them.',
      resolve: (share) => [...share.operations],
    }),
  }),
});

/** A channel has up to 1,000 shares of eight operations. A share is valid only while its granter could still give it. */
const SHARES_READ = 20_000;
/** The units that checking the shares of one recipient takes. */
const RECIPIENT_UNITS = 80;

implementNode(ChannelRef, {
  description: 'A channel that messages are published to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The display name; not unique.' }),
    description: t.exposeString('description', { nullable: true, description: 'The description.' }),
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace that the channel belongs to.',
      resolve: async ({ workspaceId }, _args, { loaders }) =>
        (await loaders.workspace.load(workspaceId)) as Workspace,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (channel) => new Date(channel.createdAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the name or description last changed.',
      resolve: (channel) => new Date(channel.updatedAt),
    }),
    shares: t.field({
      type: [ChannelShareRef],
      cost: { reads: SHARES_READ },
      description: 'The user that the channel is shared with.',
      requires: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'parent.id' },
      resolve: ({ id }, _args, { services, budget }) =>
        services.channels.shares(id, (recipients) => budget.pace(recipients * RECIPIENT_UNITS)),
    }),
  }),
});

const ChannelConnection = builder.connectionObject(
  { type: ChannelRef, name: 'ChannelConnection', description: 'A page of channels.' },
  { name: 'ChannelEdge', description: 'A channel in a list.' },
);

/** The channels of all workspaces of a person are put in order first; there may be thousands. */
const LIST_UNITS = 1000;

builder.queryFields((t) => ({
  channel: t.field({
    type: ChannelRef,
    nullable: true,
    description:
      'A channel by id; null if it does not exist, is not visible to the caller, or its workspace policy refuses the caller.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'id', lookup: true },
    args: { id: t.arg.id({ for: 'Channel', required: true, description: 'The id of the channel.' }) },
    resolve: (_root, { id }, { services, principal }) => services.channels.find(principal, id),
  }),
  channels: t.connection(
    {
      type: ChannelRef,
      cost: { units: LIST_UNITS },
      description: 'The channels that the caller is allowed to list, including shared ones, oldest first.',
      requires: {
        kind: 'entity',
        operation: 'LIST',
        entityType: 'channel',
        workspace: 'workspaceId',
        lookup: true,
      },
      args: {
        workspaceId: t.arg.id({ for: 'Workspace', description: 'Return only channels of this workspace.' }),
      },
      resolve: async (_root, { workspaceId, ...page }, { services, principal }) =>
        toConnection(await services.channels.list(principal, workspaceId ?? null, page)),
    },
    ChannelConnection,
  ),
}));

/** Each is judged by the caller's memberships and shares. */
const OWN_LIST_UNITS = 500;

builder.objectField(WorkspaceRef, 'channels', (t) =>
  t.connection(
    {
      type: ChannelRef,
      cost: { units: OWN_LIST_UNITS },
      description: 'The channels that the caller is allowed to list, oldest first.',
      requires: {
        kind: 'entity',
        operation: 'LIST',
        entityType: 'channel',
        workspace: 'parent.id',
        lookup: true,
      },
      resolve: async ({ id }, page, { services, principal }) =>
        toConnection(await services.channels.list(principal, id, page)),
    },
    ChannelConnection,
  ),
);
