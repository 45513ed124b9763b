import { formatDuration } from '../../domain/duration.ts';
import type { TokenPolicy } from '../../domain/policy.ts';
import { type AffectedOwner, NAMED_MAX, type PolicyImpact } from '../../services/workspaces/policy-impact.ts';
import { builder } from '../builder.ts';
import { mutation } from '../mutation.ts';
import { TokenRef, UserRef, WorkspaceRef } from '../refs.ts';
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
    ownerSeenWithin: t.field({
      type: 'Duration',
      nullable: true,
      description:
        'Personal tokens whose owner has not signed in for so long have no access; null if there is no limit.',
      resolve: ({ ownerSeenWithin }) => (ownerSeenWithin === null ? null : formatDuration(ownerSeenWithin)),
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

const AffectedOwnerRef = builder.objectRef<AffectedOwner>('TokenPolicyImpactOwner').implement({
  description: 'A user with personal tokens that a change of the token policy would refuse.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      nullable: true,
      description: 'The owner of the tokens.',
      resolve: ({ userId }, _args, { loaders }) => loaders.user.load(userId),
    }),
    tokenCount: t.exposeInt('tokenCount', { description: 'The number of these tokens.' }),
  }),
});

const PolicyImpactRef = builder.objectRef<PolicyImpact>('TokenPolicyImpact').implement({
  description:
    'The active tokens that have access to a workspace now, and that a change of its token policy would refuse.',
  fields: (t) => ({
    personalTokenCount: t.exposeInt('personalTokenCount', {
      description:
        'The number of personal tokens of members and of users with a share, if their access and scopes reach into the workspace.',
    }),
    workspaceTokenCount: t.exposeInt('workspaceTokenCount', {
      description: 'The number of workspace tokens.',
    }),
    isComplete: t.exposeBoolean('isComplete', {
      description:
        'Whether all tokens were examined. If false, there are more than 5,000 of a kind, and the counts are lower bounds.',
    }),
    owners: t.field({
      type: [AffectedOwnerRef],
      cost: { rows: NAMED_MAX },
      description: 'Up to 10 owners of the personal tokens, those with the most first.',
      resolve: ({ owners }) => [...owners],
    }),
    workspaceTokens: t.field({
      type: [TokenRef],
      cost: { rows: NAMED_MAX },
      description: 'Up to 10 of the workspace tokens, oldest first.',
      resolve: ({ workspaceTokens }) => [...workspaceTokens],
    }),
  }),
});

/** Examines up to 5,000 tokens of each kind. */
const IMPACT_UNITS = 40_000;

builder.objectField(WorkspaceRef, 'tokenPolicyImpact', (t) =>
  t.field({
    type: PolicyImpactRef,
    cost: { units: IMPACT_UNITS },
    description:
      'Which tokens a change of the token policy would refuse. Changes nothing. Omitted arguments keep the value of the policy.',
    requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'parent.id' },
    args: {
      personalTokens: t.arg({
        type: PersonalTokenPolicyEnum,
        description: 'Whether personal tokens would have access to the workspace.',
      }),
      maxLifetime: t.arg({
        type: 'Duration',
        description: 'The longest lifetime that a token with access would have. Null is no limit.',
      }),
      ownerSeenWithin: t.arg({
        type: 'Duration',
        description: 'How long the owner of a personal token could have not signed in. Null is no limit.',
      }),
    },
    resolve: ({ id: workspaceId }, changes, { services }) =>
      services.workspaces.previewPolicy({ workspaceId, ...changes }),
  }),
);

mutation('updateTokenPolicy', {
  description:
    'Updates the rules for tokens of a workspace. Takes effect with the next request. No token is deleted.',
  requires: {
    kind: 'role',
    role: 'ADMINISTRATOR',
    workspace: 'input.workspaceId',
    reauthentication: true,
  },
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
      ownerSeenWithin: t.field({
        type: 'Duration',
        description:
          'Personal tokens whose owner has not signed in for so long lose access, until the owner signs in. Null removes the limit.',
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
