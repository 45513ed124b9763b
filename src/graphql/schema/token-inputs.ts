import { builder } from '../builder.ts';
import { OperationEnum } from './enums.ts';

export const ExpiryInput = builder.inputType('ExpiryInput', {
  isOneOf: true,
  description: 'When a token expires; exactly one of these.',
  fields: (t) => ({
    after: t.field({ type: 'Duration', description: 'So long from now.' }),
    at: t.field({ type: 'DateTime', description: 'At this instant.' }),
    never: t.boolean({ description: 'true: no expiry, where policy allows it.' }),
  }),
});

export const TokenScopeInput = builder.inputType('TokenScopeInput', {
  description:
    'Operations that a token may do, on one entity of a type or on all, in one workspace or in all.',
  fields: (t) => ({
    entityType: t.field({ type: 'EntityType', required: true, description: 'The kind of entity.' }),
    entityId: t.id({ description: 'The one entity; left out, every entity of the type.' }),
    workspaceId: t.id({ description: 'The one workspace; left out, every workspace of the owner.' }),
    operations: t.field({
      type: [OperationEnum],
      required: true,
      description: 'At least one that the type has.',
    }),
  }),
});

/** Returns the input type of a mutation that takes nothing but a token. */
export function tokenIdInput(name: `${string}Input`, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({ id: t.id({ required: true, description: 'The id of the token.' }) }),
  });
}
