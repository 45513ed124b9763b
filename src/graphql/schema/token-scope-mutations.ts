import { builder } from '../builder.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { TokenScopeInput, tokenIdInput } from './token-inputs.ts';
import { changing, tokenPayload } from './token-mutations.ts';

const AddTokenScopesPayload = tokenPayload('AddTokenScopesPayload');
const RemoveTokenScopesPayload = tokenPayload('RemoveTokenScopesPayload');
const RemoveAllTokenScopesPayload = tokenPayload('RemoveAllTokenScopesPayload');

const AddTokenScopesInput = builder.inputType('AddTokenScopesInput', {
  description: 'Scopes to add to a token.',
  fields: (t) => ({
    id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    scopes: t.field({ type: [TokenScopeInput], required: true, description: 'The scopes to add.' }),
  }),
});

const RemoveTokenScopesInput = builder.inputType('RemoveTokenScopesInput', {
  description: 'Scopes to remove from a token.',
  fields: (t) => ({
    id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    scopeIds: t.idList({
      for: 'TokenScope',
      required: true,
      description: 'The ids of the scopes to remove.',
    }),
  }),
});

const RemoveAllTokenScopesInput = tokenIdInput(
  'RemoveAllTokenScopesInput',
  'The token to remove all scopes from.',
);

builder.mutationFields((t) => ({
  addTokenScopes: t.field({
    type: AddTokenScopesPayload,
    description: 'Adds scopes to a SCOPED token. Takes effect with the next request.',
    requires: { ...changing('WORKSPACE_MANAGER'), subtreeOnly: true },
    args: {
      input: t.arg({
        type: AddTokenScopesInput,
        required: true,
        description: 'The token and the scopes to add.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { id, scopes } = args.input;
      const token = await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokens.addScopes(uow, id, scopes),
      );
      return { token };
    },
  }),
  removeTokenScopes: t.field({
    type: RemoveTokenScopesPayload,
    description: 'Removes scopes from a SCOPED token. Takes effect with the next request.',
    requires: changing('WORKSPACE_MANAGER'),
    args: {
      input: t.arg({
        type: RemoveTokenScopesInput,
        required: true,
        description: 'The token and the scopes to remove.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const token = await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokens.removeScopes(uow, args.input.id, args.input.scopeIds),
      );
      return { token };
    },
  }),
  removeAllTokenScopes: t.field({
    type: RemoveAllTokenScopesPayload,
    description:
      'Removes all scopes from a SCOPED token. The token still authenticates, but has no permissions.',
    requires: changing('WORKSPACE_MANAGER'),
    args: {
      input: t.arg({
        type: RemoveAllTokenScopesInput,
        required: true,
        description: 'The token to remove all scopes from.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const token = await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokens.removeScopes(uow, args.input.id),
      );
      return { token };
    },
  }),
}));
