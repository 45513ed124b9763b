import { toGlobalId } from '../../domain/global-id.ts';
import { builder } from '../builder.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { tokenIdInput } from './token-inputs.ts';
import { changing, tokenPayload } from './token-mutations.ts';

const DeleteTokenPayload = builder.objectRef<{ id: string }>('DeleteTokenPayload').implement({
  description: 'The result of the deletion.',
  fields: (t) => ({
    deletedTokenId: t.id({
      description: 'The id of the deleted token.',
      resolve: ({ id }) => toGlobalId('Token', id),
    }),
  }),
});

const DeleteAllTokensPayload = builder.objectRef<{ count: number }>('DeleteAllTokensPayload').implement({
  description: 'The result of the deletion.',
  fields: (t) => ({ deletedCount: t.exposeInt('count', { description: 'The number of deleted tokens.' }) }),
});

const RevokeTokenPayload = tokenPayload('RevokeTokenPayload');

const DeleteTokenInput = tokenIdInput('DeleteTokenInput', 'The token to delete.');

const RevokeTokenInput = builder.inputType('RevokeTokenInput', {
  description: 'A token to revoke.',
  fields: (t) => ({
    id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    takeBack: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Also deletes the shares and open invitations that the token and its descendants created, and removes the memberships and roles that they gave. Each member keeps what a person gave. Owners are not affected, and neither is a role that a person has since confirmed with updateMemberRole.',
    }),
  }),
});

builder.mutationFields((t) => ({
  revokeToken: t.field({
    type: RevokeTokenPayload,
    description:
      'Permanently invalidates the secrets of a token and of all tokens derived from it. The token remains and can be regenerated. Idempotent, except for takeBack.',
    requires: changing('ADMINISTRATOR'),
    args: { input: t.arg({ type: RevokeTokenInput, required: true, description: 'The token to revoke.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { id, takeBack } = args.input;
      const request = { tokenId: id, takeBack };
      return {
        token: await ctx.change(requirementOf(info, args), (uow) => ctx.services.tokens.revoke(uow, request)),
      };
    },
  }),
  deleteToken: t.field({
    type: DeleteTokenPayload,
    description: 'Deletes a token and all tokens derived from it. The audit log keeps their names.',
    requires: { kind: 'token', operation: 'DELETE', token: 'input.id', workspaceRole: 'ADMINISTRATOR' },
    args: { input: t.arg({ type: DeleteTokenInput, required: true, description: 'The token to delete.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      await ctx.change(requirementOf(info, args), (uow) => ctx.services.tokens.delete(uow, id));
      return { id };
    },
  }),
  deleteAllTokens: t.field({
    type: DeleteAllTokensPayload,
    description: 'Deletes all personal tokens of the signed-in user.',
    requires: { kind: 'session' },
    resolve: async (_root, args, ctx, info) => ({
      count: await ctx.change(requirementOf(info, args), ctx.services.tokens.deleteAll),
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
    description: 'Disables a token and all tokens derived from it until it is enabled. Idempotent.',
    requires: changing('ADMINISTRATOR'),
    args: { input: t.arg({ type: DisableTokenInput, required: true, description: 'The token to disable.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      return {
        token: await ctx.change(requirementOf(info, args), (uow) => ctx.services.tokens.disable(uow, id)),
      };
    },
  }),
  enableToken: t.field({
    type: EnableTokenPayload,
    description: 'Enables a disabled token. The same secret works again. Idempotent.',
    requires: { ...changing('ADMINISTRATOR'), subtreeOnly: true },
    args: { input: t.arg({ type: EnableTokenInput, required: true, description: 'The token to enable.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      return {
        token: await ctx.change(requirementOf(info, args), (uow) => ctx.services.tokens.enable(uow, id)),
      };
    },
  }),
}));
