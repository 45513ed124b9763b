import type { ChannelShare } from '../../domain/channel.ts';
import type { User } from '../../domain/user.ts';
import { builder } from '../builder.ts';
import { mutation } from '../mutation.ts';
import { ChannelRef, UserRef } from '../refs.ts';
import { channelPayload, onChannel } from './channels.ts';

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
const RECIPIENT_UNITS = 40;

builder.objectField(ChannelRef, 'shares', (t) =>
  t.field({
    type: [ChannelShareRef],
    cost: { reads: SHARES_READ },
    description: 'The users that the channel is shared with, and what each is allowed to do.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'parent.id' },
    resolve: ({ id }, _args, { services, budget }) =>
      services.channels.shares(id, (recipients) => budget.pace(recipients * RECIPIENT_UNITS)),
  }),
);

mutation('shareChannel', {
  description: 'Shares a channel with a user, who does not have to be a member of the workspace.',
  requires: { ...onChannel('SHARE'), gives: 'input.operations' },
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
