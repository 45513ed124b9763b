import type { Token } from '../../domain/token.ts';
import type { IssuedToken } from '../../services/tokens/create.ts';
import { type MutationPayload, mutation } from '../mutation.ts';
import { TokenRef } from '../refs.ts';
import { RoleEnum, TokenAccessEnum } from './enums.ts';
import { ExpiryInput, TokenScopeInput } from './token-inputs.ts';

/** The payload of a mutation that changes a token. */
export const tokenPayload: MutationPayload<{ token: Token }> = {
  description: 'The token after the change.',
  fields: (t) => ({ token: t.expose('token', { type: TokenRef, description: 'The token.' }) }),
};

const issuedTokenPayload: MutationPayload<IssuedToken> = {
  description: 'The token with its new secret.',
  fields: (t) => ({
    token: t.expose('token', { type: TokenRef, description: 'The token.' }),
    secret: t.exposeString('secret', { description: 'The secret. It is shown once and never stored.' }),
  }),
};

/** Returns the requirement of a change to a token, with the role that a change to a workspace token takes. */
export function onToken(workspaceRole: 'WORKSPACE_MANAGER' | 'ADMINISTRATOR') {
  return { kind: 'token', operation: 'UPDATE', token: 'input.id', workspaceRole } as const;
}

mutation('createToken', {
  description:
    'Creates a personal token for the caller. If the caller is a token, the new token derives from it.',
  requires: { kind: 'token', operation: 'CREATE' },
  input: {
    description: 'The personal token to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
      description: t.string({ description: 'The description, up to 500 characters.' }),
      expires: t.field({
        type: ExpiryInput,
        description:
          'When the token expires. Default: 30 days from now; for a derived token, the expiry of its parent.',
      }),
      access: t.field({
        type: TokenAccessEnum,
        required: true,
        defaultValue: 'NONE',
        description: 'The access level of the token.',
      }),
      scopes: t.field({
        type: [TokenScopeInput],
        description: 'The scopes. Required if access is SCOPED, refused otherwise. An empty list is allowed.',
      }),
    }),
  },
  run: (uow, input, { services }) => services.tokens.create(uow, input),
  payload: issuedTokenPayload,
});

mutation('createWorkspaceToken', {
  description: 'Creates a token that belongs to a workspace and has a role in it.',
  requires: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.workspaceId' },
  input: {
    description: 'The workspace token to create.',
    fields: (t) => ({
      workspaceId: t.id({
        for: 'Workspace',
        required: true,
        description: 'The id of the workspace to create the token in.',
      }),
      name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
      description: t.string({ description: 'The description, up to 500 characters.' }),
      role: t.field({
        type: RoleEnum,
        required: true,
        defaultValue: 'VIEWER',
        description: "The role of the token; at most the caller's own, and allowed by the token policy.",
      }),
      expires: t.field({
        type: ExpiryInput,
        description:
          'When the token expires. Default: 30 days from now, or less if the token policy requires it; for a derived token, the expiry of its parent.',
      }),
    }),
  },
  run: (uow, input, { services }) => services.tokens.createForWorkspace(uow, input),
  payload: issuedTokenPayload,
});

mutation('updateToken', {
  description: 'Updates the name, description, access, scopes or role of a token. The secret keeps working.',
  requires: { ...onToken('WORKSPACE_MANAGER'), subtreeOnly: 'input.role' },
  input: {
    description:
      'The token and its new values. Omitted fields keep their value. The secret and the expiry do not change.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      name: t.string({ description: 'The name, 1 to 100 characters.' }),
      description: t.string({ description: 'The description, up to 500 characters. Null removes it.' }),
      access: t.field({
        type: TokenAccessEnum,
        description: 'The access level of the token. Personal tokens only.',
      }),
      scopes: t.field({ type: [TokenScopeInput], description: 'The new scopes. They replace all others.' }),
      role: t.field({
        type: RoleEnum,
        description:
          "The role of a workspace token; at most the caller's own. A token can set only its own role and those of its descendants.",
      }),
    }),
  },
  run: async (uow, { id: tokenId, ...changes }, { services }) => ({
    token: await services.tokens.update(uow, { tokenId, ...changes }),
  }),
  payload: tokenPayload,
});

mutation('regenerateToken', {
  description:
    'Replaces the secret of a token and sets a new expiry. Expired and revoked tokens become active; a disabled token stays disabled.',
  requires: { ...onToken('ADMINISTRATOR'), subtreeOnly: true },
  input: {
    description: 'The token and its new expiry.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      expires: t.field({
        type: ExpiryInput,
        description:
          'When the new secret expires. Default: the same lifetime as the previous secret. A call with a token keeps the expiry.',
      }),
      overlap: t.field({
        type: 'Duration',
        description:
          'How long the old secret keeps working, at most 7 days. It stops as soon as the new one is used. Default: the old secret stops immediately.',
      }),
    }),
  },
  run: (uow, { id: tokenId, ...changes }, { services }) =>
    services.tokens.regenerate(uow, { tokenId, ...changes }),
  payload: issuedTokenPayload,
});
