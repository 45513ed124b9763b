import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { type NodeType, toGlobalId } from '../domain/global-id.ts';
import { COUNTED_MAX } from '../domain/paging.ts';
import { BUDGET_PLUGIN } from './budget-plugin.ts';
import type { Context } from './context.ts';
import NeedPlugin from './requirement-plugin.ts';

/** What every object with an id says of it. */
export const ID_DESCRIPTION = 'Opaque and globally unique.';

interface SchemaShape {
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Duration: { Input: string; Output: string };
    EmailAddress: { Input: string; Output: string };
    EntityType: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
  };
  AuthScopes: Record<never, never>;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Connection: { totalCount(): Promise<number> };
}

/** The builder of the schema. It holds no types: those stand in `schema/`, one file a concept. */
export const builder = new SchemaBuilder<SchemaShape>({
  // The budget comes last: a field takes its units once its caller has been judged.
  plugins: [NeedPlugin, ScopeAuthPlugin, RelayPlugin, BUDGET_PLUGIN],
  defaultFieldNullability: false,
  scopeAuth: {
    authorizeOnSubscribe: true,
    // There is nothing to be granted beside what fields need, which each asks for itself.
    authScopes: () => ({}),
  },
  relay: {
    cursorType: 'String',
    nodesOnConnection: { description: 'The rows without cursors.' },
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    encodeGlobalID: (type, id) => toGlobalId(type as NodeType, String(id)),
    nodeTypeOptions: { description: 'Something with an id of its own.' },
    idFieldOptions: { description: ID_DESCRIPTION },
    pageInfoTypeOptions: {
      description: "Where a page stands in its list, as in Relay's Cursor Connections Specification.",
    },
    hasNextPageFieldOptions: { description: 'Whether more follows.' },
    hasPreviousPageFieldOptions: { description: 'Whether something precedes.' },
    startCursorFieldOptions: { description: 'The cursor of the first row; null on an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last row; null on an empty page.' },
    firstArgOptions: { description: 'So many from the front, at most 100. Left out: 20.' },
    afterArgOptions: { description: 'Only what follows this cursor.' },
    lastArgOptions: { description: 'So many from the end, at most 100.' },
    beforeArgOptions: { description: 'Only what precedes this cursor.' },
    cursorFieldOptions: { description: 'The place of the row, for after and before.' },
    nodeFieldOptions: { description: 'The row itself.' },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The rows with their cursors.',
    },
    pageInfoFieldOptions: { description: 'Where the page stands in the list.' },
  },
});

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: `How many rows the whole list has. Only ${COUNTED_MAX.toLocaleString('en')} are counted: ${COUNTED_MAX + 1} says that there are more.`,
    resolve: (list) => list.totalCount(),
  }),
);

builder.queryType({ description: 'What can be read.' });
builder.mutationType({ description: 'What can be changed.' });
