import { formatDuration } from '../../domain/duration.ts';
import type { TokenPolicy } from '../../domain/policy.ts';
import { builder } from '../builder.ts';
import { mutation } from '../mutation.ts';
import { WorkspaceRef } from '../refs.ts';
import { PersonalTokenPolicyEnum, RoleEnum } from './enums.ts';
import { workspacePayload } from './workspaces.ts';

const TokenPolicyRef = builder.objectRef<TokenPolicy>('TokenPolicy').implement({
  description: 'The rules that a workspace sets for tokens.',
  fields: (t) => ({
    personalTokens: t.expose('personalTokens', {
      type: PersonalTokenPolicyEnum,
      description: 'Whether personal tokens have access.',
    }),
    maxLifetime: t.field({
      type: 'Duration',
      nullable: true,
      description: 'The longest lifetime of a token with access; null if there is no limit.',
      resolve: ({ maxLifetime }) => (maxLifetime === null ? null : formatDuration(maxLifetime)),
    }),
    requireExpiry: t.exposeBoolean('requireExpiry', {
      description: 'Whether a workspace token must expire.',
    }),
    tokenRoles: t.field({
      type: [RoleEnum],
      description:
        'The roles that a workspace token can have, lowest first. If empty, no workspace tokens can be created.',
      resolve: ({ tokenRoles }) => [...tokenRoles],
    }),
  }),
});

builder.objectField(WorkspaceRef, 'tokenPolicy', (t) =>
  t.field({
    type: TokenPolicyRef,
    description: 'The rules for tokens with access to the workspace.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
    resolve: (workspace) => workspace.policy,
  }),
);

mutation('updateTokenPolicy', {
  description:
    'Updates the rules for tokens of a workspace. Takes effect with the next request. No token is deleted.',
  requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
  input: {
    description: 'The workspace and the rules to change. Omitted fields keep their value.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      personalTokens: t.field({
        type: PersonalTokenPolicyEnum,
        description: 'Whether personal tokens have access to the workspace.',
      }),
      maxLifetime: t.field({
        type: 'Duration',
        description:
          'The longest lifetime of a token with access, including existing tokens. Null removes the limit.',
      }),
      requireExpiry: t.boolean({
        description: 'Whether a workspace token must expire. Applies to new expiries.',
      }),
      tokenRoles: t.field({
        type: [RoleEnum],
        description: 'The roles that a workspace token can have. An empty list forbids new workspace tokens.',
      }),
    }),
  },
  run: async (uow, input, { services }) => ({
    workspace: await services.workspaces.updatePolicy(uow, input),
  }),
  payload: workspacePayload,
});
