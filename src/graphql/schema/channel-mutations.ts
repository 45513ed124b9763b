import type { Channel } from '../../domain/channel.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Operation } from '../../domain/scopes.ts';
import { type MutationPayload, mutation } from '../mutation.ts';
import { ChannelRef } from '../refs.ts';

const channelPayload: MutationPayload<{ channel: Channel }> = {
  description: 'The channel after the change.',
  fields: (t) => ({ channel: t.expose('channel', { type: ChannelRef, description: 'The channel.' }) }),
};

/** Returns the requirement of a change to an existing channel. */
function onChannel(operation: Operation) {
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

mutation('shareChannel', {
  description: 'Shares a channel with a user, who does not have to be a member of the workspace.',
  requires: onChannel('SHARE'),
  input: {
    description: 'The channel, the user and the operations to share.',
    fields: (t) => ({
      id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
      email: t.field({
        type: 'EmailAddress',
        required: true,
        description: 'The email address of an account on this server.',
      }),
      operations: t.field({
        type: ['Operation'],
        required: true,
        description:
          'The operations that the user is allowed to perform. Replaces an earlier share. The caller must be allowed to perform each of them. CREATE is refused.',
      }),
    }),
  },
  run: async (uow, { id: channelId, email, operations }, { services }) => ({
    channel: await services.channels.share(uow, { channelId, email, operations }),
  }),
  payload: channelPayload,
});

mutation('unshareChannel', {
  description: 'Removes a share. Takes effect with the next request; streams that depend on the share end.',
  requires: onChannel('UNSHARE'),
  input: {
    description: 'The channel and the user to remove the share of.',
    fields: (t) => ({
      id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
      userId: t.id({
        for: 'User',
        required: true,
        description: 'The id of the user that the channel is shared with.',
      }),
    }),
  },
  run: async (uow, { id, userId }, { services }) => ({
    channel: await services.channels.unshare(uow, id, userId),
  }),
  payload: channelPayload,
});
