import { badInput } from '../../domain/errors.ts';
import type { ScopeRule } from '../../domain/scopes.ts';
import { builder } from '../builder.ts';
import type { Variables } from '../cost.ts';
import { type ScopeObstacle, type ScopeProposal, scopesOfOperation } from '../scopes-of-operation.ts';

export const ProposedScopeRef = builder.objectRef<ScopeRule>('ProposedScope').implement({
  description:
    'A scope to create a token with, by fields of TokenScopeInput. A pattern in the document counts as every entity.',
  fields: (t) => ({
    entityType: t.expose('entityType', { type: 'EntityType', description: 'The entity type.' }),
    operations: t.field({
      type: ['Operation'],
      description: 'The operations.',
      resolve: ({ operations }) => [...operations],
    }),
    entityId: t.exposeID('entityId', {
      nullable: true,
      description: 'The id of the entity, as in the document or its variables; null for every entity.',
    }),
    workspaceId: t.exposeID('workspaceId', {
      nullable: true,
      description: 'The id of the workspace, as in the document or its variables; null for every workspace.',
    }),
  }),
});

const ScopeObstacleRef = builder.objectRef<ScopeObstacle>('ScopeObstacle').implement({
  description: 'A field that refuses every personal token.',
  fields: (t) => ({
    path: t.field({
      type: ['String'],
      description: 'The path of the field in the result of the operation, without list indexes.',
      resolve: ({ path }) => [...path],
    }),
    reason: t.exposeString('reason', {
      description: 'The reason of its error FORBIDDEN: ROLE_GATED or SESSION_REQUIRED.',
    }),
  }),
});

const ScopeProposalRef = builder.objectRef<ScopeProposal>('ScopeProposal').implement({
  description: 'The scopes that a personal token needs in order to run an operation.',
  fields: (t) => ({
    possible: t.boolean({
      description:
        'Whether a personal token can run the whole operation: no field refuses every personal token.',
      resolve: ({ obstacles }) => obstacles.length === 0,
    }),
    scopes: t.field({
      type: [ProposedScopeRef],
      description:
        'The smallest scopes that are sufficient for all fields except the obstacles. Empty if a token without scopes is sufficient.',
      resolve: ({ scopes }) => [...scopes],
    }),
    obstacles: t.field({
      type: [ScopeObstacleRef],
      description: 'The fields that refuse every personal token.',
      resolve: ({ obstacles }) => [...obstacles],
    }),
  }),
});

/** Parsing and validating the longest document takes a few milliseconds. */
const READ_UNITS = 3000;

function toVariables(value: unknown): Variables {
  if (value == null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw badInput(['variables'], 'must be an object');
  return value as Variables;
}

builder.queryField('scopesFor', (t) =>
  t.field({
    type: ScopeProposalRef,
    cost: { units: READ_UNITS },
    description:
      'The smallest scopes with which a personal token can run an operation. Nothing is executed or looked up: the scopes follow from what the fields of the operation require. An id that is missing counts as every entity.',
    requires: { kind: 'credential' },
    args: {
      document: t.arg.string({
        required: true,
        description: 'A GraphQL document for this schema, with the limits of one that is executed.',
      }),
      operationName: t.arg.string({
        description: 'The operation. Required if the document has several.',
      }),
      variables: t.arg({
        type: 'JSON',
        description: 'The variables: an object. Ids in them narrow the scopes; absent ones are allowed.',
      }),
    },
    resolve: (_root, { document, operationName, variables }, { readOperation }, { schema }) => {
      const values = toVariables(variables);
      const { operation, fragments } = readOperation(document, operationName ?? null, values);
      return scopesOfOperation({ schema, fragments }, operation, values);
    },
  }),
);
