import { jsonBudgetOf } from '../budget-plugin.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { mutation } from '../mutation.ts';
import { ChannelRef, MessageRef, UserRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';

implementNode(MessageRef, {
  description: 'A message that was published to a channel.',
  fields: (t) => ({
    payload: t.field({
      type: 'JSON',
      description: 'The content of the message.',
      resolve: (message) => message.payload,
    }),
    publishedAt: t.field({
      type: 'DateTime',
      description: 'When the message was published.',
      resolve: (message) => new Date(message.publishedAt),
    }),
    publisher: t.field({
      type: UserRef,
      nullable: true,
      description:
        'The user that published the message; null if a workspace token published it or the user was deleted.',
      resolve: ({ publisherId }, _args, { loaders }) =>
        publisherId === null ? null : loaders.user.load(publisherId),
    }),
  }),
});

builder.objectField(ChannelRef, 'messages', (t) =>
  t.connection(
    {
      type: MessageRef,
      description: 'The stored messages, oldest first.',
      requires: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'parent.id' },
      resolve: async ({ id }, page, { services, budget }, info) =>
        toConnection(await services.messages.list(id, page, jsonBudgetOf(budget, info))),
    },
    { name: 'MessageConnection', description: 'A page of messages.' },
    { name: 'MessageEdge', description: 'A message and its cursor.' },
  ),
);

mutation('publishMessage', {
  description:
    'Publishes a message to a channel and its subscribers. The channel stores its newest messages and drops older ones. Messages are not recorded in the audit log.',
  requires: { kind: 'entity', operation: 'PUBLISH', entityType: 'channel', entity: 'input.channelId' },
  input: {
    description: 'The message and its channel.',
    fields: (t) => ({
      channelId: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
      payload: t.field({
        type: 'JSON',
        required: true,
        description: 'The content of the message: at most 64 KiB of JSON, 32 levels deep, not null.',
      }),
    }),
  },
  run: async (uow, { channelId, payload }, { services }) => ({
    message: await services.messages.publish(uow, channelId, payload),
  }),
  payload: {
    description: 'The published message.',
    fields: (t) => ({ message: t.expose('message', { type: MessageRef, description: 'The message.' }) }),
  },
});

builder.subscriptionType({ description: 'Live streams, sent as Server-Sent Events.' });

builder.subscriptionField('channelMessages', (t) =>
  t.field({
    type: MessageRef,
    description:
      "New messages as they are published. Access is checked for each message, and the stream ends when the caller's access ends. If a subscriber is so slow that messages are dropped, its last event is the error LIMIT_REACHED.",
    requires: { kind: 'entity', operation: 'SUBSCRIBE', entityType: 'channel', entity: 'channelId' },
    args: {
      channelId: t.arg.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
      after: t.arg.id({
        for: 'Message',
        description:
          'The id of the last message that the caller received. Stored messages after it are sent first.',
      }),
    },
    subscribe: (_root, args, ctx, info) =>
      ctx.services.streams.follow({
        caller: ctx.caller,
        signal: ctx.signal(),
        access: requirementOf(info, args),
        channelId: args.channelId,
        after: args.after ?? null,
      }),
    resolve: (delivery) => {
      if ('failure' in delivery) throw delivery.failure;
      return delivery.message;
    },
  }),
);
