import type { Channel } from '../../domain/channel.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Operation } from '../../domain/scopes.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { type MutationPayload, mutation } from '../mutation.ts';
import { ChannelRef, WorkspaceRef } from '../refs.ts';

implementNode(ChannelRef, {
  description: 'A channel that messages are published to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The display name; not unique.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The description; null if it has none.',
    }),
    workspace: t.field({
      type: WorkspaceRef,
      description: 'The workspace that the channel belongs to.',
      resolve: async ({ workspaceId }, _args, { loaders }) =>
        (await loaders.workspace.load(workspaceId)) as Workspace,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the channel was created.',
      resolve: (channel) => new Date(channel.createdAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the name or description last changed.',
      resolve: (channel) => new Date(channel.updatedAt),
    }),
  }),
});

const ChannelConnection = builder.connectionObject(
  { type: ChannelRef, name: 'ChannelConnection', description: 'A page of channels.' },
  { name: 'ChannelEdge', description: 'A channel and its cursor.' },
);

/** The query sorts the channels of all workspaces of the caller, which can be thousands. */
const LIST_UNITS = 1000;

builder.queryFields((t) => ({
  channel: t.field({
    type: ChannelRef,
    nullable: true,
    description:
      'A channel by id; null if it does not exist, is not visible to the caller, or the token policy of its workspace refuses the caller.',
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

/** The query checks each channel of the workspace against the memberships and shares of the caller. */
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

/** The payload of a mutation that creates or changes a channel. */
export const channelPayload: MutationPayload<{ channel: Channel }> = {
  description: 'The channel after the change.',
  fields: (t) => ({ channel: t.expose('channel', { type: ChannelRef, description: 'The channel.' }) }),
};

/** Returns the requirement of a change to an existing channel. */
export function onChannel(operation: Operation) {
  return { kind: 'entity', operation, entityType: 'channel', entity: 'input.id' } as const;
}

mutation('createChannel', {
  description: 'Creates a channel in a workspace.',
  requires: { kind: 'entity', operation: 'CREATE', entityType: 'channel', workspace: 'input.workspaceId' },
  input: {
    description: 'The channel to create.',
    fields: (t) => ({
      workspaceId: t.id({
        for: 'Workspace',
        required: true,
        description: 'The id of the workspace to create the channel in.',
      }),
      name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
      description: t.string({ description: 'The description, up to 500 characters.' }),
    }),
  },
  run: async (uow, input, { services }) => ({ channel: await services.channels.create(uow, input) }),
  payload: channelPayload,
});

mutation('updateChannel', {
  description: 'Updates the name and description of a channel.',
  requires: onChannel('UPDATE'),
  input: {
    description: 'The channel and its new values. Omitted fields keep their value.',
    fields: (t) => ({
      id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
      name: t.string({ description: 'The name, 1 to 100 characters.' }),
      description: t.string({ description: 'The description, up to 500 characters. Null removes it.' }),
    }),
  },
  run: async (uow, { id: channelId, ...changes }, { services }) => ({
    channel: await services.channels.update(uow, { channelId, ...changes }),
  }),
  payload: channelPayload,
});

mutation('deleteChannel', {
  description: 'Deletes a channel and its messages, and ends its streams.',
  requires: onChannel('DELETE'),
  input: {
    description: 'The channel to delete.',
    fields: (t) => ({
      id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
    }),
  },
  run: async (uow, { id }, { services }) => {
    await services.channels.delete(uow, id);
    return { id };
  },
  payload: {
    description: 'The deleted channel.',
    fields: (t) => ({
      deletedChannelId: t.id({
        description: 'The id of the deleted channel.',
        resolve: ({ id }) => toGlobalId('Channel', id),
      }),
    }),
  },
});
