import { mutation } from '../mutation.ts';
import { TokenScopeInput } from './token-inputs.ts';
import { onToken, tokenPayload } from './token-mutations.ts';

mutation('addTokenScopes', {
  description: 'Adds scopes to a SCOPED token. Takes effect with the next request.',
  requires: {
    ...onToken('WORKSPACE_MANAGER'),
    subtreeOnly: true,
    gives: 'input.scopes',
    reauthentication: { from: 'ADMINISTRATOR' },
  },
  input: {
    description: 'The token and the scopes to add.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      scopes: t.field({ type: [TokenScopeInput], required: true, description: 'The scopes to add.' }),
    }),
  },
  run: async (uow, { id, scopes }, { services }) => ({
    token: await services.tokens.addScopes(uow, id, scopes),
  }),
  payload: tokenPayload,
});

mutation('removeTokenScopes', {
  description: 'Removes scopes from a SCOPED token. Takes effect with the next request.',
  requires: onToken('WORKSPACE_MANAGER'),
  input: {
    description: 'The token and the scopes to remove.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      scopeIds: t.idList({
        for: 'TokenScope',
        required: true,
        description: 'The ids of the scopes to remove.',
      }),
    }),
  },
  run: async (uow, { id, scopeIds }, { services }) => ({
    token: await services.tokens.removeScopes(uow, id, scopeIds),
  }),
  payload: tokenPayload,
});

mutation('removeAllTokenScopes', {
  description:
    'Removes all scopes from a SCOPED token. The token still authenticates, but has no permissions.',
  requires: onToken('WORKSPACE_MANAGER'),
  input: {
    description: 'The token to remove all scopes from.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    }),
  },
  run: async (uow, { id }, { services }) => ({ token: await services.tokens.removeScopes(uow, id) }),
  payload: tokenPayload,
});
