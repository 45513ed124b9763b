import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin, { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth';
import { failure as domainError } from '../domain/errors.ts';
import { type NodeType, toGlobalId } from '../domain/global-id.ts';
import { COUNTED_MAX } from '../domain/paging.ts';
import type { Operation } from '../domain/scopes.ts';
import { BUDGET_PLUGIN } from './budget-plugin.ts';
import type { Context, FieldAccess } from './context.ts';
import { NODE_ID_PLUGIN } from './node-id-plugin.ts';
import { REQUIREMENT_PLUGIN } from './requirement-plugin.ts';

/** What every object with an id says of it. */
export const ID_DESCRIPTION = 'The opaque, globally unique id.';

interface SchemaShape {
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Duration: { Input: string; Output: string };
    EmailAddress: { Input: string; Output: string };
    EntityType: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    JSONObject: { Input: object; Output: object };
    PositiveInt: { Input: number; Output: number };
    Operation: { Input: Operation; Output: Operation };
  };
  AuthScopes: { access: FieldAccess };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Connection: { totalCount(): Promise<number> };
}

/** The error that refused the access; `null` if scope-auth refused without one. */
function refusalOf(failure: AuthFailure): Error | null {
  switch (failure.kind) {
    case AuthScopeFailureType.AuthScope:
    case AuthScopeFailureType.AuthScopeFunction:
      return failure.error;
    case AuthScopeFailureType.AnyAuthScopes:
    case AuthScopeFailureType.AllAuthScopes:
      return failure.failures.map(refusalOf).find((error) => error !== null) ?? null;
    default:
      return null;
  }
}

/** The builder of the schema. It holds no types: those stand in `schema/`, one file a concept. */
export const builder = new SchemaBuilder<SchemaShape>({
  // The budget comes last: a field takes its units after its caller is authorized.
  plugins: [NODE_ID_PLUGIN, REQUIREMENT_PLUGIN, ScopeAuthPlugin, RelayPlugin, BUDGET_PLUGIN],
  defaultFieldNullability: false,
  scopeAuth: {
    authorizeOnSubscribe: true,
    // Each call of a field passes an object of its own, so scope-auth's cache never reuses the decision of another field.
    authScopes: (context) => ({ access: (access) => context.authorize(access) }),
    treatErrorsAsUnauthorized: true,
    unauthorizedError: (_parent, _context, _info, { failure }) =>
      refusalOf(failure) ?? domainError('FORBIDDEN'),
  },
  relay: {
    cursorType: 'String',
    nodesOnConnection: { description: 'The rows without cursors.' },
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    encodeGlobalID: (type, id) => toGlobalId(type as NodeType, String(id)),
    nodeTypeOptions: { description: 'An object with a global id.' },
    idFieldOptions: { description: ID_DESCRIPTION },
    pageInfoTypeOptions: {
      description: "The position of a page in its list, as in Relay's Cursor Connections Specification.",
    },
    hasNextPageFieldOptions: { description: 'Whether more rows follow.' },
    hasPreviousPageFieldOptions: { description: 'Whether rows precede the page.' },
    startCursorFieldOptions: { description: 'The cursor of the first row; null on an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last row; null on an empty page.' },
    firstArgOptions: { description: 'The number of rows from the start, at most 100. Default: 20.' },
    afterArgOptions: { description: 'Return rows after this cursor.' },
    lastArgOptions: { description: 'The number of rows from the end, at most 100.' },
    beforeArgOptions: { description: 'Return rows before this cursor.' },
    cursorFieldOptions: { description: 'The cursor of the row, for after and before.' },
    nodeFieldOptions: { description: 'The row.' },
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The rows with their cursors.',
    },
    pageInfoFieldOptions: { description: 'The position of the page in the list.' },
  },
});

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: `The number of rows in the whole list. Counts at most ${COUNTED_MAX.toLocaleString('en')} rows; ${(COUNTED_MAX + 1).toLocaleString('en')} means that there are more.`,
    resolve: (list) => list.totalCount(),
  }),
);

builder.queryType({ description: 'Read operations.' });
builder.mutationType({ description: 'Write operations.' });
