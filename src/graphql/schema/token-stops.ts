import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import {
  deleteAllTokens,
  deleteToken,
  disableToken,
  enableToken,
  revokeToken,
} from '../../services/tokens/lifecycle.ts';
import { revokeAndTakeBack } from '../../services/workspaces/take-back.ts';
import { builder } from '../builder.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { tokenIdInput } from './token-inputs.ts';
import { changing, tokenPayload } from './token-mutations.ts';

const DeleteTokenPayload = builder.objectRef<{ id: string }>('DeleteTokenPayload').implement({
  description: 'What was deleted.',
  fields: (t) => ({
    deletedTokenId: t.id({
      description: 'The id that the token had.',
      resolve: ({ id }) => toGlobalId('Token', id),
    }),
  }),
});

const DeleteAllTokensPayload = builder.objectRef<{ count: number }>('DeleteAllTokensPayload').implement({
  description: 'What was deleted.',
  fields: (t) => ({ deletedCount: t.exposeInt('count', { description: 'How many tokens there were.' }) }),
});

const RevokeTokenPayload = tokenPayload('RevokeTokenPayload');

const DeleteTokenInput = tokenIdInput('DeleteTokenInput', 'The token to delete.');

const RevokeTokenInput = builder.inputType('RevokeTokenInput', {
  description: 'A token to revoke.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which token.' }),
    takeBack: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Also deletes the shares and open invitations that the token and its descendants gave, and takes back the memberships and roles that they gave: each member falls back to what a person gave. Owners are not affected, nor a role that a person has confirmed since with updateMemberRole.',
    }),
  }),
});

builder.mutationFields((t) => ({
  revokeToken: t.field({
    type: RevokeTokenPayload,
    description:
      'Kills the secret of a token, and of all that derives from it, for good. The record stays and can be regenerated. Again, it changes nothing, apart from what takeBack asks for.',
    need: changing('ADMINISTRATOR'),
    args: { input: t.arg({ type: RevokeTokenInput, required: true, description: 'Which, and how.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Token', args.input.id);
      const revoke = args.input.takeBack ? revokeAndTakeBack : revokeToken;
      return { token: await ctx.change(requirementOf(info, args), (uow) => revoke(uow, id)) };
    },
  }),
  deleteToken: t.field({
    type: DeleteTokenPayload,
    description: 'Deletes a token and all that derives from it. The audit log keeps their names.',
    need: { kind: 'token', operation: 'DELETE', token: 'input.id', workspaceRole: 'ADMINISTRATOR' },
    args: { input: t.arg({ type: DeleteTokenInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Token', args.input.id);
      await ctx.change(requirementOf(info, args), (uow) => deleteToken(uow, id));
      return { id };
    },
  }),
  deleteAllTokens: t.field({
    type: DeleteAllTokensPayload,
    description: 'Deletes all personal tokens of the signed-in user.',
    need: { kind: 'session' },
    resolve: async (_root, args, ctx, info) => ({
      count: await ctx.change(requirementOf(info, args), deleteAllTokens),
    }),
  }),
}));

const DisableTokenInput = tokenIdInput('DisableTokenInput', 'The token to disable.');
const DisableTokenPayload = tokenPayload('DisableTokenPayload');
const EnableTokenInput = tokenIdInput('EnableTokenInput', 'The token to enable.');
const EnableTokenPayload = tokenPayload('EnableTokenPayload');

builder.mutationFields((t) => ({
  disableToken: t.field({
    type: DisableTokenPayload,
    description:
      'Stops a token, and all that derives from it, until it is enabled. Again, it changes nothing.',
    need: changing('ADMINISTRATOR'),
    args: { input: t.arg({ type: DisableTokenInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Token', args.input.id);
      return { token: await ctx.change(requirementOf(info, args), (uow) => disableToken(uow, id)) };
    },
  }),
  enableToken: t.field({
    type: EnableTokenPayload,
    description: 'Ends a stop: the same secret works again. Again, it changes nothing.',
    need: { ...changing('ADMINISTRATOR'), subtreeOnly: true },
    args: { input: t.arg({ type: EnableTokenInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Token', args.input.id);
      return { token: await ctx.change(requirementOf(info, args), (uow) => enableToken(uow, id)) };
    },
  }),
}));
