import type { Token } from '../../domain/token.ts';
import type { IssuedToken } from '../../services/tokens/create.ts';
import { builder } from '../builder.ts';
import { TokenRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { RoleEnum, TokenAccessEnum } from './enums.ts';
import { ExpiryInput, TokenScopeInput } from './token-inputs.ts';

function issuedPayload(name: string, description: string) {
  return builder.objectRef<IssuedToken>(name).implement({
    description,
    fields: (t) => ({
      token: t.expose('token', { type: TokenRef, description: 'The token.' }),
      secret: t.exposeString('secret', { description: 'The secret, shown this once and never stored.' }),
    }),
  });
}

const CreateTokenPayload = issuedPayload('CreateTokenPayload', 'A new token with its secret.');
const RegenerateTokenPayload = issuedPayload('RegenerateTokenPayload', 'A token with its new secret.');

const CreateWorkspaceTokenPayload = issuedPayload(
  'CreateWorkspaceTokenPayload',
  'A new workspace token with its secret.',
);

/** Returns the payload type of a mutation that changes a token. */
export function tokenPayload(name: `${string}Payload`) {
  return builder.objectRef<{ token: Token }>(name).implement({
    description: 'The token after the change.',
    fields: (t) => ({ token: t.expose('token', { type: TokenRef, description: 'The token.' }) }),
  });
}

const UpdateTokenPayload = tokenPayload('UpdateTokenPayload');

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  description: 'A personal token to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
    description: t.string({ description: 'The description, up to 500 characters.' }),
    expires: t.field({
      type: ExpiryInput,
      description: 'When the token expires. Default: 30 days from now.',
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
});

const CreateWorkspaceTokenInput = builder.inputType('CreateWorkspaceTokenInput', {
  description: 'A workspace token to create.',
  fields: (t) => ({
    workspaceId: t.id({ for: 'Workspace', required: true, description: 'The workspace to create it in.' }),
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
        'When the token expires. Default: 30 days from now, or less if the token policy requires it.',
    }),
  }),
});

const UpdateTokenInput = builder.inputType('UpdateTokenInput', {
  description: 'Fields that are omitted keep their value. The secret and the expiry do not change.',
  fields: (t) => ({
    id: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
    name: t.string({ description: 'The name, 1 to 100 characters.' }),
    description: t.string({ description: 'The description, up to 500 characters. Null removes it.' }),
    access: t.field({
      type: TokenAccessEnum,
      description: 'The access level of the token. Personal tokens only.',
    }),
    scopes: t.field({ type: [TokenScopeInput], description: 'Replaces all scopes.' }),
    role: t.field({
      type: RoleEnum,
      description:
        "The role of a workspace token; at most the caller's own. A token can set only its own role and those of its descendants.",
    }),
  }),
});

const RegenerateTokenInput = builder.inputType('RegenerateTokenInput', {
  description: 'A token to regenerate.',
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
});

/** What changing a token needs; on a workspace token, a role. */
export function changing(workspaceRole: 'WORKSPACE_MANAGER' | 'ADMINISTRATOR') {
  return { kind: 'token', operation: 'UPDATE', token: 'input.id', workspaceRole } as const;
}

builder.mutationFields((t) => ({
  createToken: t.field({
    type: CreateTokenPayload,
    description:
      'Creates a personal token for the caller. If the caller is a token, the new token derives from it.',
    requires: { kind: 'token', operation: 'CREATE' },
    args: { input: t.arg({ type: CreateTokenInput, required: true, description: 'The token to create.' }) },
    resolve: (_root, args, ctx, info) =>
      ctx.change(requirementOf(info, args), (uow) => ctx.services.tokens.create(uow, args.input)),
  }),
  createWorkspaceToken: t.field({
    type: CreateWorkspaceTokenPayload,
    description: 'Creates a token that belongs to a workspace and acts with a role in it.',
    requires: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({ type: CreateWorkspaceTokenInput, required: true, description: 'The token to create.' }),
    },
    resolve: (_root, args, ctx, info) => {
      const workspaceId = args.input.workspaceId;
      return ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokens.createForWorkspace(uow, { ...args.input, workspaceId }),
      );
    },
  }),
  updateToken: t.field({
    type: UpdateTokenPayload,
    description:
      'Updates the name, description, access, scopes or role of a token. The secret keeps working.',
    requires: { ...changing('WORKSPACE_MANAGER'), subtreeOnly: 'input.role' },
    args: {
      input: t.arg({ type: UpdateTokenInput, required: true, description: 'The token and its new values.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { id, ...changes } = args.input;
      const request = { ...changes, tokenId: id };
      return {
        token: await ctx.change(requirementOf(info, args), (uow) => ctx.services.tokens.update(uow, request)),
      };
    },
  }),
  regenerateToken: t.field({
    type: RegenerateTokenPayload,
    description:
      'Replaces the secret of a token and sets a new expiry. Expired and revoked tokens become active; a disabled token stays disabled.',
    requires: { ...changing('ADMINISTRATOR'), subtreeOnly: true },
    args: {
      input: t.arg({
        type: RegenerateTokenInput,
        required: true,
        description: 'The token and its new expiry.',
      }),
    },
    resolve: (_root, args, ctx, info) => {
      const { id, ...request } = args.input;
      return ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokens.regenerate(uow, { ...request, tokenId: id }),
      );
    },
  }),
}));
