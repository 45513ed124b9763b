import type { Channel } from '../../domain/channel.ts';
import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { Operation } from '../../domain/scopes.ts';
import { builder } from '../builder.ts';
import { ChannelRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { OperationEnum } from './enums.ts';

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
  description: 'What was deleted.',
  fields: (t) => ({
    deletedChannelId: t.id({
      description: 'The id that the channel had.',
      resolve: ({ id }) => toGlobalId('Channel', id),
    }),
  }),
});

const CreateChannelInput = builder.inputType('CreateChannelInput', {
  description: 'A new channel.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'The workspace that it will belong to.' }),
    name: t.string({ required: true, description: '1 to 100 characters; need not be unique.' }),
    description: t.string({ description: 'Up to 500 characters.' }),
  }),
});

const UpdateChannelInput = builder.inputType('UpdateChannelInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which channel.' }),
    name: t.string({ description: '1 to 100 characters.' }),
    description: t.string({ description: 'Up to 500 characters; null removes it.' }),
  }),
});

const DeleteChannelInput = builder.inputType('DeleteChannelInput', {
  description: 'Names a channel to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which channel.' }) }),
});

const ShareChannelInput = builder.inputType('ShareChannelInput', {
  description: 'Whom to let do what on a channel.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which channel.' }),
    email: t.field({ type: 'EmailAddress', required: true, description: 'The email of an account here.' }),
    operations: t.field({
      type: [OperationEnum],
      required: true,
      description:
        'What the person may do, in place of what was shared before; each something that the caller may do too. Not CREATE.',
    }),
  }),
});

const UnshareChannelInput = builder.inputType('UnshareChannelInput', {
  description: 'Names a share to take back.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which channel.' }),
    userId: t.id({ required: true, description: 'With whom it is shared.' }),
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
    need: { kind: 'entity', operation: 'CREATE', entityType: 'channel', workspace: 'input.workspaceId' },
    args: { input: t.arg({ type: CreateChannelInput, required: true, description: 'What to create.' }) },
    resolve: async (_root, args, ctx, info) => {
      const request = { ...args.input, workspaceId: decodeGlobalId('Workspace', args.input.workspaceId) };
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.create(uow, request),
        ),
      };
    },
  }),
  updateChannel: t.field({
    type: UpdateChannelPayload,
    description: 'Changes what a channel is called.',
    need: onChannel('UPDATE'),
    args: { input: t.arg({ type: UpdateChannelInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { id, ...changes } = args.input;
      const request = { ...changes, channelId: decodeGlobalId('Channel', id) };
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.update(uow, request),
        ),
      };
    },
  }),
  deleteChannel: t.field({
    type: DeleteChannelPayload,
    description: 'Deletes a channel with its messages, and ends its streams.',
    need: onChannel('DELETE'),
    args: { input: t.arg({ type: DeleteChannelInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Channel', args.input.id);
      await ctx.change(requirementOf(info, args), (uow) => ctx.services.channels.delete(uow, id));
      return { id };
    },
  }),
  shareChannel: t.field({
    type: ShareChannelPayload,
    description: 'Lets somebody do operations on a channel, whether a member of the workspace or not.',
    need: onChannel('SHARE'),
    args: { input: t.arg({ type: ShareChannelInput, required: true, description: 'With whom, and what.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { id, email, operations } = args.input;
      const request = { channelId: decodeGlobalId('Channel', id), email, operations };
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.share(uow, request),
        ),
      };
    },
  }),
  unshareChannel: t.field({
    type: UnshareChannelPayload,
    description: 'Takes a share back, from the next request on; open streams that it carried end.',
    need: onChannel('UNSHARE'),
    args: { input: t.arg({ type: UnshareChannelInput, required: true, description: 'From whom.' }) },
    resolve: async (_root, args, ctx, info) => {
      const [id, userId] = [
        decodeGlobalId('Channel', args.input.id),
        decodeGlobalId('User', args.input.userId),
      ];
      return {
        channel: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.channels.unshare(uow, id, userId),
        ),
      };
    },
  }),
}));
