import { toGlobalId } from '../../domain/global-id.ts';
import { mutation } from '../mutation.ts';
import { onToken, tokenPayload } from './token-mutations.ts';

mutation('disableToken', {
  description: 'Disables a token and all tokens derived from it until it is enabled. Idempotent.',
  requires: onToken('ADMINISTRATOR'),
  input: {
    description: 'The token to disable.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    }),
  },
  run: async (uow, { id }, { services }) => ({ token: await services.tokens.disable(uow, id) }),
  payload: tokenPayload,
});

mutation('endTokenOverlap', {
  description:
    'Invalidates the previous secret of a token before its overlap ends. The current secret keeps working. Idempotent.',
  requires: onToken('ADMINISTRATOR'),
  input: {
    description: 'The token whose overlap to end.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    }),
  },
  run: async (uow, { id }, { services }) => ({ token: await services.tokens.endOverlap(uow, id) }),
  payload: tokenPayload,
});

mutation('enableToken', {
  description: 'Enables a disabled token. The same secret works again. Idempotent.',
  requires: {
    ...onToken('ADMINISTRATOR'),
    subtreeOnly: true,
    reauthentication: { from: 'ADMINISTRATOR' },
  },
  input: {
    description: 'The token to enable.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    }),
  },
  run: async (uow, { id }, { services }) => ({ token: await services.tokens.enable(uow, id) }),
  payload: tokenPayload,
});

mutation('revokeToken', {
  description:
    'Permanently invalidates the secrets of a token and of all tokens derived from it. The token remains and can be regenerated. Idempotent, except for takeBack.',
  requires: onToken('ADMINISTRATOR'),
  input: {
    description: 'The token to revoke.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      takeBack: t.boolean({
        required: true,
        defaultValue: false,
        description:
          'Also deletes the shares and open invitations that the token and its descendants created, and removes the memberships and roles that they gave. Each member keeps what a person gave. Owners are not affected, and neither is a role that a person has since confirmed with updateMemberRole.',
      }),
    }),
  },
  resolve: async ({ id: tokenId, takeBack }, { services, caller }, access) => ({
    token: await services.tokens.revoke(caller, access, { tokenId, takeBack }),
  }),
  payload: tokenPayload,
});

mutation('deleteToken', {
  description: 'Deletes a token and all tokens derived from it. The audit log keeps their names.',
  requires: { kind: 'token', operation: 'DELETE', token: 'input.id', workspaceRole: 'ADMINISTRATOR' },
  input: {
    description: 'The token to delete.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    }),
  },
  run: async (uow, { id }, { services }) => {
    await services.tokens.delete(uow, id);
    return { id };
  },
  locks: ({ id }) => [{ on: 'sharesOfToken', tokenId: id }],
  payload: {
    description: 'The deleted token.',
    fields: (t) => ({
      deletedTokenId: t.id({
        description: 'The id of the deleted token.',
        resolve: ({ id }) => toGlobalId('Token', id),
      }),
    }),
  },
});

mutation('deleteAllTokens', {
  description: 'Deletes all personal tokens of the signed-in user.',
  requires: { kind: 'session', reauthentication: true },
  run: async (uow, _input, { services }) => ({ count: await services.tokens.deleteAll(uow) }),
  locks: (_input, { caller: { holder } }) =>
    holder === null ? [] : [{ on: 'grantsOfUser', userId: holder.id }],
  payload: {
    description: 'The number of deleted tokens.',
    fields: (t) => ({ deletedCount: t.exposeInt('count', { description: 'The number of deleted tokens.' }) }),
  },
});
