import { builder } from '../builder.ts';

export const ExpiryInput = builder.inputType('ExpiryInput', {
  isOneOf: true,
  description: 'When a token expires. Set exactly one field.',
  fields: (t) => ({
    after: t.field({ type: 'Duration', description: 'The lifetime from now, such as P90D.' }),
    at: t.field({ type: 'DateTime', description: 'The instant of expiry.' }),
    never: t.boolean({
      description: 'Set to true for a token that never expires, if the token policy allows it.',
    }),
  }),
});

export const TokenScopeInput = builder.inputType('TokenScopeInput', {
  description:
    'Operations that a token is allowed to perform, on one entity of a type or on all of them, in one workspace or in all.',
  fields: (t) => ({
    entityType: t.field({ type: 'EntityType', required: true, description: 'The entity type.' }),
    entityId: t.id({ description: 'The id of the entity. Default: every entity of the type.' }),
    entityPattern: t.string({
      description:
        'Instead of entityId, on a registered type: the beginning of ids, up to a / or :, and then a star, such as acme/*.',
    }),
    workspaceId: t.id({
      description:
        'The id of the workspace; required for a registered entity type. Default: every workspace of the owner.',
    }),
    operations: t.field({
      type: ['Operation'],
      required: true,
      description: 'The operations, at least one. The entity type must support each of them.',
    }),
  }),
});
