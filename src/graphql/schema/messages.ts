import { decodeGlobalId } from '../../domain/global-id.ts';
import type { Message } from '../../domain/message.ts';
import { payForJson } from '../budget-plugin.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { ChannelRef, MessageRef, UserRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';

implementNode(MessageRef, {
  description: 'What was published to a channel.',
  fields: (t) => ({
    payload: t.field({
      type: 'JSON',
      description: 'What was said.',
      resolve: (message) => message.payload,
    }),
    publishedAt: t.field({
      type: 'DateTime',
      description: 'When it was published.',
      resolve: (message) => new Date(message.publishedAt),
    }),
    publisher: t.field({
      type: UserRef,
      nullable: true,
      description:
        'The user behind the call; null where that was a workspace token, or where the user is gone.',
      resolve: ({ publisherId }, _args, { loaders }) =>
        publisherId === null ? null : loaders.user.load(publisherId),
    }),
  }),
});

builder.objectField(ChannelRef, 'messages', (t) =>
  t.connection(
    {
      type: MessageRef,
      description: 'The messages that it keeps, oldest first.',
      need: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'parent.id' },
      resolve: async ({ id }, page, { services, budget }, info) =>
        toConnection(await services.messages.list(id, page, payForJson(budget, info))),
    },
    { name: 'MessageConnection', description: 'A stretch of a list of messages.' },
    { name: 'MessageEdge', description: 'A message in a list.' },
  ),
);

const PublishMessageInput = builder.inputType('PublishMessageInput', {
  description: 'What to publish.',
  fields: (t) => ({
    channelId: t.id({ required: true, description: 'To which channel.' }),
    payload: t.field({
      type: 'JSON',
      required: true,
      description: 'At most 64 KiB of JSON, 32 levels deep; not null.',
    }),
  }),
});

const PublishMessagePayload = builder.objectRef<{ message: Message }>('PublishMessagePayload').implement({
  description: 'What was published.',
  fields: (t) => ({ message: t.expose('message', { type: MessageRef, description: 'The message.' }) }),
});

builder.mutationField('publishMessage', (t) =>
  t.field({
    type: PublishMessagePayload,
    description:
      'Publishes a message to a channel, and to all who follow it. The channel keeps its newest messages, and drops older ones. The audit log does not tell of messages: they are their own record.',
    need: { kind: 'entity', operation: 'PUBLISH', entityType: 'channel', entity: 'input.channelId' },
    args: { input: t.arg({ type: PublishMessageInput, required: true, description: 'What, and where.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { channelId, payload } = args.input;
      return {
        message: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.messages.publish(uow, decodeGlobalId('Channel', channelId), payload),
        ),
      };
    },
  }),
);

builder.subscriptionType({ description: 'What can be followed live, as Server-Sent Events.' });

builder.subscriptionField('channelMessages', (t) =>
  t.field({
    type: MessageRef,
    description:
      "Messages published from now on, each judged anew; it ends when the caller's access ends. A reader so slow that messages are dropped before it gets them is told LIMIT_REACHED as its last event.",
    need: { kind: 'entity', operation: 'SUBSCRIBE', entityType: 'channel', entity: 'channelId' },
    args: {
      channelId: t.arg.id({ required: true, description: 'Which channel.' }),
      after: t.arg.id({
        description:
          'The last message that the caller has seen: what the channel keeps after it comes first.',
      }),
    },
    subscribe: (_root, args, ctx, info) =>
      ctx.services.streams.follow({
        caller: ctx.caller,
        gone: ctx.gone(),
        ask: requirementOf(info, args),
        channelId: decodeGlobalId('Channel', args.channelId),
        after: args.after == null ? null : decodeGlobalId('Message', args.after),
      }),
    resolve: (delivery) => {
      if ('failure' in delivery) throw delivery.failure;
      return delivery.message;
    },
  }),
);
