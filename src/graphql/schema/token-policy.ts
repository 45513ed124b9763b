import { formatDuration } from '../../domain/duration.ts';
import { decodeGlobalId } from '../../domain/global-id.ts';
import type { TokenPolicy } from '../../domain/policy.ts';
import { builder } from '../builder.ts';
import { WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { PersonalTokenPolicyEnum, RoleEnum } from './enums.ts';
import { workspacePayload } from './workspaces.ts';

const TokenPolicyRef = builder.objectRef<TokenPolicy>('TokenPolicy').implement({
  description: 'What a workspace demands of the tokens that reach into it.',
  fields: (t) => ({
    personalTokens: t.expose('personalTokens', {
      type: PersonalTokenPolicyEnum,
      description: 'Whether personal tokens reach into it.',
    }),
    maxLifetime: t.field({
      type: 'Duration',
      nullable: true,
      description: 'Tokens with a longer lifetime reach nothing here. Null: no limit.',
      resolve: ({ maxLifetime }) => (maxLifetime === null ? null : formatDuration(maxLifetime)),
    }),
    requireExpiry: t.exposeBoolean('requireExpiry', {
      description: 'Whether a workspace token must expire.',
    }),
    tokenRoles: t.field({
      type: [RoleEnum],
      description:
        'The roles that a workspace token may carry, lowest first; none at all allows no new ones.',
      resolve: ({ tokenRoles }) => [...tokenRoles],
    }),
  }),
});

const UpdateTokenPolicyInput = builder.inputType('UpdateTokenPolicyInput', {
  description: 'What to change in the token policy of a workspace; what is left out stays as it is.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'Whose policy.' }),
    personalTokens: t.field({
      type: PersonalTokenPolicyEnum,
      description: 'Whether personal tokens reach into the workspace.',
    }),
    maxLifetime: t.field({
      type: 'Duration',
      description:
        'Closes the workspace to tokens with a longer lifetime, existing ones included. Null: no limit.',
    }),
    requireExpiry: t.boolean({
      description: 'Whether a workspace token must expire; holds for new expiries.',
    }),
    tokenRoles: t.field({
      type: [RoleEnum],
      description: 'The roles that a workspace token may be given; none at all forbids new workspace tokens.',
    }),
  }),
});

const UpdateTokenPolicyPayload = workspacePayload('UpdateTokenPolicyPayload');

builder.objectField(WorkspaceRef, 'tokenPolicy', (t) =>
  t.field({
    type: TokenPolicyRef,
    description: 'What the workspace demands of tokens.',
    need: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
    resolve: (workspace) => workspace.policy,
  }),
);

builder.mutationField('updateTokenPolicy', (t) =>
  t.field({
    type: UpdateTokenPolicyPayload,
    description:
      'Changes what a workspace demands of tokens, from the next request on. Nothing is deleted by it.',
    need: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
    args: { input: t.arg({ type: UpdateTokenPolicyInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, args, ctx, info) => {
      const request = { ...args.input, workspaceId: decodeGlobalId('Workspace', args.input.workspaceId) };
      return {
        workspace: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.workspaces.updatePolicy(uow, request),
        ),
      };
    },
  }),
);
