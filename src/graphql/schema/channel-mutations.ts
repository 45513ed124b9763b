import type { Channel } from '../../domain/channel.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Operation } from '../../domain/scopes.ts';
import { builder } from '../builder.ts';
import { ChannelRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';

/** Returns the payload type of a mutation that makes or changes a channel. */
function channelPayload(name: `${string}Payload`) {
  return builder.objectRef<{ channel: Channel }>(name).implement({
    description: 'The channel after the change.',
    fields: (t) => ({ channel: t.expose('channel', { type: ChannelRef, description: 'The channel.' }) }),
  });
}

const CreateChannelPayload = channelPayload('CreateChannelPayload');
const UpdateChannelPayload = channelPayload('UpdateChannelPayload');
const ShareChannelPayload = channelPayload('ShareChannelPayload');
const UnshareChannelPayload = channelPayload('UnshareChannelPayload');

const DeleteChannelPayload = builder.objectRef<{ id: string }>('DeleteChannelPayload').implement({
  description: 'The result of the deletion.',
  fields: (t) => ({
    deletedChannelId: t.id({
      description: 'The id of the deleted channel.',
      resolve: ({ id }) => toGlobalId('Channel', id),
    }),
  }),
});

const CreateChannelInput = builder.inputType('CreateChannelInput', {
  description: 'A channel to create.',
  fields: (t) => ({
    workspaceId: t.id({ for: 'Workspace', required: true, description: 'The workspace to create it in.' }),
    name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
    description: t.string({ description: 'The description, up to 500 characters.' }),
  }),
});

const UpdateChannelInput = builder.inputType('UpdateChannelInput', {
  description: 'Fields that are omitted keep their value.',
  fields: (t) => ({
    id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
    name: t.string({ description: 'The name, 1 to 100 characters.' }),
    description: t.string({ description: 'The description, up to 500 characters. Null removes it.' }),
  }),
});

const DeleteChannelInput = builder.inputType('DeleteChannelInput', {
  description: 'A channel to delete.',
  fields: (t) => ({ id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }) }),
});

const ShareChannelInput = builder.inputType('ShareChannelInput', {
  description: 'A channel to share with a user.',
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
});

const UnshareChannelInput = builder.inputType('UnshareChannelInput', {
  description: 'A share to remove.',
  fields: (t) => ({
    id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
    userId: t.id({ for: 'User', required: true, description: 'The user that the channel is shared with.' }),
  }),
});

/** What a change to an existing channel needs. */
function onChannel(operation: Operation) {
  return { kind: 'entity', operation, entityType: 'channel', entity: 'input.id' } as const;
}

builder.mutationFields((t) => ({
  createChannel: t.field({
    type: CreateChannelPayload,
    description: 'Creates a channel in a workspace.',
    requires: { kind: 'entity', operation: 'CREATE', entityType: 'channel', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({ type: CreateChannelInput, required: true, description: 'The channel to create.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const request = args.input;
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.create(uow, request),
        ),
      };
    },
  }),
  updateChannel: t.field({
    type: UpdateChannelPayload,
    description: 'Updates the name and description of a channel.',
    requires: onChannel('UPDATE'),
    args: {
      input: t.arg({
        type: UpdateChannelInput,
        required: true,
        description: 'The channel and its new values.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { id, ...changes } = args.input;
      const request = { ...changes, channelId: id };
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.update(uow, request),
        ),
      };
    },
  }),
  deleteChannel: t.field({
    type: DeleteChannelPayload,
    description: 'Deletes a channel and its messages, and ends its streams.',
    requires: onChannel('DELETE'),
    args: {
      input: t.arg({ type: DeleteChannelInput, required: true, description: 'The channel to delete.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      await ctx.change(requirementOf(info, args), (uow) => ctx.services.channels.delete(uow, id));
      return { id };
    },
  }),
  shareChannel: t.field({
    type: ShareChannelPayload,
    description: 'Shares a channel with a user, who does not have to be a member of the workspace.',
    requires: onChannel('SHARE'),
    args: {
      input: t.arg({
        type: ShareChannelInput,
        required: true,
        description: 'The channel, the user and the operations to share.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { id, email, operations } = args.input;
      const request = { channelId: id, email, operations };
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.share(uow, request),
        ),
      };
    },
  }),
  unshareChannel: t.field({
    type: UnshareChannelPayload,
    description: 'Removes a share. Takes effect with the next request; streams that depend on the share end.',
    requires: onChannel('UNSHARE'),
    args: {
      input: t.arg({ type: UnshareChannelInput, required: true, description: 'The channel and the user.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { id, userId } = args.input;
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.unshare(uow, id, userId),
        ),
      };
    },
  }),
}));
