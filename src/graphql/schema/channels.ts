import type { ChannelShare } from '../../domain/channel.ts';
import { decodeGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { ChannelRef, UserRef, WorkspaceRef } from '../refs.ts';
import { OperationEnum } from './enums.ts';

const ChannelShareRef = builder.objectRef<ChannelShare>('ChannelShare').implement({
  description: 'What a user may do on a channel besides what a role allows.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'With whom it is shared.',
      resolve: async ({ userId }, _args, { loaders }) => (await loaders.user.load(userId)) as User,
    }),
    operations: t.field({
      type: [OperationEnum],
      description: 'What the user may do, with a session and with personal tokens whose scopes cover it.',
      resolve: (share) => [...share.operations],
    }),
  }),
});

implementNode(ChannelRef, {
  description: 'What messages are published to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What people call it; need not be unique.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace that it belongs to.',
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
      description: 'When its name or description last changed.',
      resolve: (channel) => new Date(channel.updatedAt),
    }),
    shares: t.field({
      type: [ChannelShareRef],
      description: 'With whom it is shared.',
      need: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'parent.id' },
      resolve: ({ id }, _args, { services }) => services.channels.shares(id),
    }),
  }),
});

const ChannelConnection = builder.connectionObject(
  { type: ChannelRef, name: 'ChannelConnection', description: 'A stretch of a list of channels.' },
  { name: 'ChannelEdge', description: 'A channel in a list.' },
);

/** The channels of all workspaces of a person are put in order first; there may be thousands. */
const LIST_UNITS = 1000;

builder.queryFields((t) => ({
  channel: t.field({
    type: ChannelRef,
    nullable: true,
    description: 'One channel; null where it is absent, not visible to the caller, or closed by policy.',
    need: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'id', lookup: true },
    args: { id: t.arg.id({ required: true, description: 'Which.' }) },
    resolve: (_root, { id }, { services, principal }) =>
      services.channels.find(principal, decodeGlobalId('Channel', id)),
  }),
  channels: t.connection(
    {
      type: ChannelRef,
      cost: { units: LIST_UNITS },
      description:
        'The channels that the caller may list, shared ones included, oldest first; of one workspace, or of all.',
      need: {
        kind: 'entity',
        operation: 'LIST',
        entityType: 'channel',
        workspace: 'workspaceId',
        lookup: true,
      },
      args: { workspaceId: t.arg.id({ description: 'Of this workspace only.' }) },
      resolve: async (_root, { workspaceId, ...page }, { services, principal }) =>
        toConnection(
          await services.channels.list(
            principal,
            workspaceId == null ? null : decodeGlobalId('Workspace', workspaceId),
            page,
          ),
        ),
    },
    ChannelConnection,
  ),
}));

builder.objectField(WorkspaceRef, 'channels', (t) =>
  t.connection(
    {
      type: ChannelRef,
      description: 'Its channels that the caller may list, oldest first.',
      need: {
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
