import { toGlobalId } from '../../domain/global-id.ts';
import type { TokenRestriction } from '../../services/tokens/abilities.ts';
import { builder } from '../builder.ts';
import { TokenRef, WorkspaceRef } from '../refs.ts';
import { CHECK_UNITS, CheckInput, DecisionRef, pacedBy, withDefaultExtent } from './viewer.ts';

/** Policies, scopes and declarations are read in a few statements. */
const RESTRICTIONS_READ = 1000;

const TokenRestrictionRef = builder.objectRef<TokenRestriction>('TokenRestriction').implement({
  description: 'Something that holds a token back in a workspace.',
  fields: (t) => ({
    workspaceId: t.id({
      description: 'The id of the workspace.',
      resolve: ({ workspaceId }) => toGlobalId('Workspace', workspaceId),
    }),
    workspace: t.field({
      type: WorkspaceRef,
      nullable: true,
      description: 'The workspace; null if the caller is a token, or not a member of it.',
      resolve: async ({ workspaceId }, _args, { principal, loaders }) => {
        if (principal.kind !== 'SESSION') return null;
        return (await loaders.role.load(workspaceId)) && loaders.workspace.load(workspaceId);
      },
    }),
    reason: t.exposeString('reason', {
      description:
        'POLICY if the token policy of the workspace closes it to the token; OPERATION_GONE if a scope lists operations that the registered type no longer declares. Clients must accept other values.',
    }),
    entityType: t.expose('entityType', {
      type: 'EntityType',
      nullable: true,
      description: 'The registered type; null for POLICY.',
    }),
    operations: t.field({
      type: ['Operation'],
      nullable: true,
      description: 'The operations that have no effect; null for POLICY.',
      resolve: ({ operations }) => operations && [...operations],
    }),
  }),
});

builder.objectField(TokenRef, 'restrictions', (t) =>
  t.field({
    type: [TokenRestrictionRef],
    nullable: true,
    cost: { reads: RESTRICTIONS_READ },
    description:
      'What holds the token back. A personal token reads its own only for workspaces that its scopes name. Null if the caller is neither the owner, the token itself nor a token that it derives from.',
    resolve: (token, _args, { principal, services }) => services.tokens.restrictions(principal, token),
  }),
);

builder.objectField(TokenRef, 'abilities', (t) =>
  t.field({
    type: [DecisionRef],
    nullable: true,
    cost: { units: CHECK_UNITS, perItemOf: 'checks' },
    description:
      'Runs access checks as viewer.canAll would run them for the token itself. Does not count as a use of the token. Null if the caller is neither the owner, the token itself nor a token that it derives from.',
    args: {
      checks: t.arg({ type: [CheckInput], required: true, description: 'The checks, at most 100.' }),
    },
    resolve: (token, { checks }, { principal, services, budget }) =>
      services.tokens.abilities(principal, token, checks.map(withDefaultExtent), pacedBy(budget)),
  }),
);
