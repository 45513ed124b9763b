import type { Token } from '../../domain/token.ts';
import type { IssuedToken } from '../../services/tokens/create.ts';
import { type MutationPayload, mutation } from '../mutation.ts';
import { TokenRef } from '../refs.ts';
import { RoleEnum, TokenAccessEnum } from './enums.ts';
import { ExpiryInput, TokenLimitsInput, TokenScopeInput } from './token-inputs.ts';

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
export function onToken(workspaceRole: 'WORKSPACE_MANAGER' | 'ADMINISTRATOR', token = 'input.id') {
  return { kind: 'token', operation: 'UPDATE', token, workspaceRole } as const;
}

/** The input of `createToken`. */
export const CreateTokenInput = mutation('createToken', {
  description:
    'Creates a personal token for the caller. If the caller is a token, the new token derives from it.',
  requires: { kind: 'token', operation: 'CREATE', gives: 'input.scopes' },
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
      limits: t.field({ type: TokenLimitsInput, description: 'The limits of the token. Default: none.' }),
    }),
  },
  run: (uow, input, { services }) => services.tokens.create(uow, input),
  canShare: true,
  // No caller that exists depends on a new token.
  keepsVersion: true,
  payload: issuedTokenPayload,
});

mutation('createWorkspaceToken', {
  description:
    'Creates a token that belongs to a workspace and has a role in it. If the caller is a token, the new token derives from it. The exception is a SCOPED token with a subject, a key for a customer: it belongs to the workspace alone, outlives the caller, and names it as issuedBy.',
  requires: {
    kind: 'role',
    role: 'WORKSPACE_MANAGER',
    workspace: 'input.workspaceId',
    reauthentication: { from: 'ADMINISTRATOR', role: 'input.role' },
  },
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
      access: t.field({
        type: TokenAccessEnum,
        required: true,
        defaultValue: 'ROLE',
        description:
          'ROLE for all that the role allows, or SCOPED for what a scope lists and the role allows, and never what requires a role.',
      }),
      scopes: t.field({
        type: [TokenScopeInput],
        description:
          'The scopes, all in the workspace. Required if access is SCOPED, refused otherwise. An empty list is allowed.',
      }),
      subject: t.string({
        description:
          'The customer or thing of your own product that the token stands for, 1 to 200 characters. It is returned when the token is verified.',
      }),
      metadata: t.field({
        type: 'JSONObject',
        description:
          'Your own data about the token, at most 4 KiB of JSON and 8 levels deep. It is returned by introspection. Do not put secrets in it.',
      }),
      limits: t.field({ type: TokenLimitsInput, description: 'The limits of the token. Default: none.' }),
    }),
  },
  run: (uow, input, { services }) => services.tokens.createForWorkspace(uow, input),
  // As for createToken.
  keepsVersion: true,
  payload: issuedTokenPayload,
});

/** The changes of a workspace token that a token can make only on itself and its descendants. */
const GIVES_AUTHORITY = ['access', 'scopes', 'role', 'subject', 'metadata', 'limits'].map(
  (name) => `input.${name}`,
);

mutation('updateToken', {
  description:
    'Updates the name, description, access, scopes, role, subject, metadata or limits of a token. The secret keeps working.',
  requires: {
    ...onToken('WORKSPACE_MANAGER'),
    subtreeOnly: GIVES_AUTHORITY,
    gives: 'input.scopes',
    reauthentication: { from: 'ADMINISTRATOR', role: 'input.role' },
  },
  input: {
    description:
      'The token and its new values. Omitted fields keep their value. The secret and the expiry do not change.',
    fields: (t) => ({
      id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      name: t.string({ description: 'The name, 1 to 100 characters.' }),
      description: t.string({ description: 'The description, up to 500 characters. Null removes it.' }),
      access: t.field({
        type: TokenAccessEnum,
        description: 'The access level of the token; ROLE or SCOPED for a workspace token.',
      }),
      scopes: t.field({ type: [TokenScopeInput], description: 'The new scopes. They replace all others.' }),
      role: t.field({
        type: RoleEnum,
        description:
          "The role of a workspace token; at most the caller's own. A token can set only its own role and those of its descendants.",
      }),
      subject: t.string({ description: 'The subject of a workspace token. Null removes it.' }),
      metadata: t.field({
        type: 'JSONObject',
        description: 'The metadata of a workspace token. It replaces the previous one; null removes it.',
      }),
      limits: t.field({
        type: TokenLimitsInput,
        description:
          'The new limits. They replace all others, and all uses are left again; null removes them. A token cannot loosen its own.',
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
  requires: {
    ...onToken('ADMINISTRATOR'),
    subtreeOnly: true,
    reauthentication: { from: 'ADMINISTRATOR' },
  },
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
