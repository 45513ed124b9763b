import { decodeGlobalId } from '../../domain/global-id.ts';
import type { Token } from '../../domain/token.ts';
import type { IssuedToken } from '../../services/tokens/create.ts';
import { builder } from '../builder.ts';
import { TokenRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { RoleEnum, TokenAccessEnum } from './enums.ts';
import { ExpiryInput, TokenScopeInput, tokenIdInput } from './token-inputs.ts';

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
const AddTokenScopesPayload = tokenPayload('AddTokenScopesPayload');
const RemoveTokenScopesPayload = tokenPayload('RemoveTokenScopesPayload');
const RemoveAllTokenScopesPayload = tokenPayload('RemoveAllTokenScopesPayload');

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  description: 'A new personal token.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 100 characters; need not be unique.' }),
    description: t.string({ description: 'Up to 500 characters.' }),
    expires: t.field({ type: ExpiryInput, description: 'Left out: 30 days.' }),
    access: t.field({
      type: TokenAccessEnum,
      required: true,
      defaultValue: 'NONE',
      description: 'How much it may do.',
    }),
    scopes: t.field({
      type: [TokenScopeInput],
      description: 'Required with SCOPED, refused otherwise. May be empty.',
    }),
  }),
});

const CreateWorkspaceTokenInput = builder.inputType('CreateWorkspaceTokenInput', {
  description: 'A new workspace token.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'The workspace that it will belong to.' }),
    name: t.string({ required: true, description: '1 to 100 characters; need not be unique.' }),
    description: t.string({ description: 'Up to 500 characters.' }),
    role: t.field({
      type: RoleEnum,
      required: true,
      defaultValue: 'VIEWER',
      description: "At most the caller's own, and one that the policy allows.",
    }),
    expires: t.field({
      type: ExpiryInput,
      description: 'Left out: 30 days, or less where the policy says so.',
    }),
  }),
});

const UpdateTokenInput = builder.inputType('UpdateTokenInput', {
  description: 'What is left out stays as it is. The secret and the expiry never change here.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which token.' }),
    name: t.string({ description: '1 to 100 characters.' }),
    description: t.string({ description: 'Up to 500 characters; null removes it.' }),
    access: t.field({ type: TokenAccessEnum, description: 'How much it may do. Personal tokens only.' }),
    scopes: t.field({ type: [TokenScopeInput], description: 'Replaces all scopes.' }),
    role: t.field({
      type: RoleEnum,
      description:
        'Workspace tokens only; up to the own. A token gives a role to itself and its descendants only.',
    }),
  }),
});

const RegenerateTokenInput = builder.inputType('RegenerateTokenInput', {
  description: 'A new secret for the same token.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which token.' }),
    expires: t.field({
      type: ExpiryInput,
      description:
        'Left out: the same lifetime as the secret before had. Called with a token, the expiry stays.',
    }),
    overlap: t.field({
      type: 'Duration',
      description:
        'Keep the old secret working until the new one is first used, at most this long (P7D). Left out: the old secret dies at once.',
    }),
  }),
});

const AddTokenScopesInput = builder.inputType('AddTokenScopesInput', {
  description: 'Scopes to add.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which token.' }),
    scopes: t.field({ type: [TokenScopeInput], required: true, description: 'What it may do besides.' }),
  }),
});

const RemoveTokenScopesInput = builder.inputType('RemoveTokenScopesInput', {
  description: 'Scopes to take away.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which token.' }),
    scopeIds: t.idList({ required: true, description: 'Which of its scopes.' }),
  }),
});

const RemoveAllTokenScopesInput = tokenIdInput(
  'RemoveAllTokenScopesInput',
  'The token to remove all scopes from.',
);

/** What changing a token needs; on a workspace token, a role. */
export function changing(workspaceRole: 'WORKSPACE_MANAGER' | 'ADMINISTRATOR') {
  return { kind: 'token', operation: 'UPDATE', token: 'input.id', workspaceRole } as const;
}

builder.mutationFields((t) => ({
  createToken: t.field({
    type: CreateTokenPayload,
    description:
      "Creates a personal token of the caller's user. Called with a token, one that derives from it.",
    need: { kind: 'token', operation: 'CREATE' },
    args: { input: t.arg({ type: CreateTokenInput, required: true, description: 'What to create.' }) },
    resolve: (_root, args, ctx, info) =>
      ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokenCreation.createPersonal(uow, args.input),
      ),
  }),
  createWorkspaceToken: t.field({
    type: CreateWorkspaceTokenPayload,
    description: 'Creates a token that belongs to a workspace and acts with a role in it.',
    need: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({ type: CreateWorkspaceTokenInput, required: true, description: 'What to create.' }),
    },
    resolve: (_root, args, ctx, info) => {
      const workspaceId = decodeGlobalId('Workspace', args.input.workspaceId);
      return ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokenCreation.createWorkspace(uow, { ...args.input, workspaceId }),
      );
    },
  }),
  updateToken: t.field({
    type: UpdateTokenPayload,
    description: 'Changes what a token is called and what it may do. The same secret keeps working.',
    need: { ...changing('WORKSPACE_MANAGER'), subtreeOnly: 'input.role' },
    args: { input: t.arg({ type: UpdateTokenInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { id, ...changes } = args.input;
      const request = { ...changes, tokenId: decodeGlobalId('Token', id) };
      return {
        token: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.tokenEditing.update(uow, request),
        ),
      };
    },
  }),
  regenerateToken: t.field({
    type: RegenerateTokenPayload,
    description:
      'Gives a token a new secret and a new expiry, and keeps all else. Makes expired and revoked tokens active; a disabled one stays disabled.',
    need: { ...changing('ADMINISTRATOR'), subtreeOnly: true },
    args: { input: t.arg({ type: RegenerateTokenInput, required: true, description: 'Which, and how.' }) },
    resolve: (_root, args, ctx, info) => {
      const { id, ...request } = args.input;
      return ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokenRegeneration.regenerate(uow, { ...request, tokenId: decodeGlobalId('Token', id) }),
      );
    },
  }),
  addTokenScopes: t.field({
    type: AddTokenScopesPayload,
    description: 'Adds scopes to a SCOPED token, from the next request on.',
    need: { ...changing('WORKSPACE_MANAGER'), subtreeOnly: true },
    args: { input: t.arg({ type: AddTokenScopesInput, required: true, description: 'What to add.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { id, scopes } = args.input;
      const token = await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokenEditing.addScopes(uow, decodeGlobalId('Token', id), scopes),
      );
      return { token };
    },
  }),
  removeTokenScopes: t.field({
    type: RemoveTokenScopesPayload,
    description: 'Takes scopes from a SCOPED token, from the next request on.',
    need: changing('WORKSPACE_MANAGER'),
    args: {
      input: t.arg({ type: RemoveTokenScopesInput, required: true, description: 'What to take away.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const scopeIds = args.input.scopeIds.map((id) => decodeGlobalId('TokenScope', id));
      const token = await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokenEditing.removeScopes(uow, decodeGlobalId('Token', args.input.id), scopeIds),
      );
      return { token };
    },
  }),
  removeAllTokenScopes: t.field({
    type: RemoveAllTokenScopesPayload,
    description: 'Takes all scopes from a SCOPED token: it authenticates from then on, and may do nothing.',
    need: changing('WORKSPACE_MANAGER'),
    args: { input: t.arg({ type: RemoveAllTokenScopesInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const token = await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.tokenEditing.removeScopes(uow, decodeGlobalId('Token', args.input.id)),
      );
      return { token };
    },
  }),
}));
