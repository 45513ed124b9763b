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

export const TokenLimitsInput = builder.inputType('TokenLimitsInput', {
  description:
    'What limits the requests of a token, besides the limits of the tokens that it derives from. A field that is null or absent limits nothing; when a token is derived, it is taken from its parent.',
  fields: (t) => ({
    networks: t.stringList({
      description:
        'CIDR blocks or IP addresses that a request must come from, 1 to 64, such as 192.0.2.0/24 or 2001:db8::/32.',
    }),
    requestsPerMinute: t.field({
      type: 'PositiveInt',
      description: 'The most requests in a minute, for each server process of Postern.',
    }),
    uses: t.field({
      type: 'PositiveInt',
      description:
        'The most uses. An allowed verification is a use, and so is a GraphQL request of which a field was granted, viewer itself excepted.',
    }),
  }),
});
