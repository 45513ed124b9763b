import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { failure } from '../domain/errors.ts';
import { PRICE } from './budget.ts';
import { type Cost, type FieldCost, lengthOf, NOTHING, pageSizeOf, sum } from './cost.ts';
import { createSelections, fieldOf, type SelectionContext } from './selections.ts';

/** The number of rows that a list without pages is expected to have, unless its cost says otherwise. */
const ROWS_EXPECTED = 10;
/** The number of fields that an operation can have, with its fragments expanded. */
const FIELDS_MAX = 5000;

/** Returns whether a type is a Relay connection. */
export function isConnectionName(name: string): boolean {
  return name.endsWith('Connection');
}

const LISTS_OF_INTROSPECTION = new WeakMap<GraphQLSchema, ReadonlyMap<string, number>>();

/** Returns the number of rows of each list of the introspection schema; for a list of each type or field, its average. */
function listsOfIntrospection(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const cached = LISTS_OF_INTROSPECTION.get(schema);
  if (cached) return cached;
  const types = Object.values(schema.getTypeMap());
  const objects = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = objects.flatMap((type) => Object.values(type.getFields()));
  const args = fields.flatMap((field) => field.args);
  const lists = new Map([
    ['types', types.length],
    ['directives', schema.getDirectives().length],
    ['fields', fields.length / types.length],
    ['args', args.length / fields.length],
  ]);
  LISTS_OF_INTROSPECTION.set(schema, lists);
  return lists;
}

/** Returns functions that compute costs. Fields with the same response key count once, as they are executed once. */
function createCosts(context: SelectionContext) {
  const { schema } = context;
  const selectedFields = createSelections(context);
  let fields = 0;

  /** Returns the cost of the selected fields: of `edges` and `nodes` of a connection as `rows`, of all others as `own`. */
  function below(
    nodes: readonly Pick<FieldNode, 'selectionSet'>[],
    type: GraphQLNamedType,
  ): { own: Cost; rows: Cost } {
    const own: Cost[] = [];
    const rows: Cost[] = [];
    for (const { parent, nodes: merged } of selectedFields(nodes, type)) {
      const name = (merged[0] as FieldNode).name.value;
      const isRows = isConnectionName(parent.name) && (name === 'edges' || name === 'nodes');
      (isRows ? rows : own).push(isRows ? rowOf(merged, parent, name) : costOf(merged, parent));
    }
    return { own: sum(own), rows: sum(rows) };
  }

  function rowOf(nodes: readonly FieldNode[], parent: GraphQLNamedType, name: string): Cost {
    const field = fieldOf(schema, parent, name);
    return field ? below(nodes, getNamedType(field.type)).own : NOTHING;
  }

  function costOf(nodes: readonly FieldNode[], parent: GraphQLNamedType): Cost {
    if (++fields > FIELDS_MAX) {
      throw failure(
        'QUERY_TOO_COMPLEX',
        `An operation can have at most ${FIELDS_MAX.toLocaleString('en')} fields, with its fragments expanded.`,
      );
    }
    const node = nodes[0] as FieldNode;
    const field = fieldOf(schema, parent, node.name.value);
    if (!field) return NOTHING;
    const type = getNamedType(field.type);
    if (isIntrospectionType(type)) return introspected(nodes, field, parent);
    if (isCompositeType(type)) return sum([declaredCost(node, field, parent), objectsCost(nodes, field)]);
    const json = type.name === 'JSON' ? 1 : 0;
    return sum([declaredCost(node, field, parent), { ...NOTHING, units: 1, json }]);
  }

  /** Returns the units of a field for its authorization, for a mutation's transaction, and those that it declares. */
  function declaredCost(
    node: FieldNode,
    { name, extensions }: GraphQLField<unknown, unknown>,
    parent: GraphQLNamedType,
  ): Cost {
    const { cost = {}, requires } = extensions as { cost?: FieldCost; requires?: unknown };
    const { units = 0, perItemOf } = cost;
    const isCount = isConnectionName(parent.name) && name === 'totalCount';
    const later =
      (requires ? PRICE.statement : 0) +
      (parent === schema.getMutationType() ? PRICE.mutation : 0) +
      (isCount ? PRICE.count : 0);
    if (!perItemOf) return { ...NOTHING, later: later + units };
    const each = { ...NOTHING, later: units };
    return { ...NOTHING, later, lists: [{ count: lengthOf(node, perItemOf), each }] };
  }

  /** Returns the cost of a field whose type has fields: of its objects, and of the pages and lists of them. */
  function objectsCost(
    nodes: readonly FieldNode[],
    { type, extensions }: GraphQLField<unknown, unknown>,
  ): Cost {
    const named = getNamedType(type);
    const { own, rows } = below(nodes, named);
    const object: Cost = { ...NOTHING, units: PRICE.object };
    const row: Cost = { ...NOTHING, units: PRICE.row };
    if (isConnectionName(named.name)) {
      const page = { count: pageSizeOf(nodes[0] as FieldNode), each: sum([rows, row]) };
      return sum([object, own, { ...NOTHING, later: PRICE.statement, lists: [page] }]);
    }
    if (!isListType(getNullableType(type))) return sum([object, own]);
    const { isBatched, rows: expected = ROWS_EXPECTED } = (extensions.cost ?? {}) as FieldCost;
    const list = { count: () => expected, each: sum([own, row]) };
    return sum([object, { ...NOTHING, later: isBatched ? 0 : PRICE.statement, lists: [list] }]);
  }

  /** Returns the cost of an introspection field. All of it is certain, since it runs in one turn of the event loop. */
  function introspected(
    nodes: readonly FieldNode[],
    { name, type }: GraphQLField<unknown, unknown>,
    parent: GraphQLNamedType,
  ): Cost {
    const isList = isListType(getNullableType(type));
    const times = isList ? (listsOfIntrospection(schema).get(name) ?? 1) : 1;
    const all = times * (1 + below(nodes, getNamedType(type)).own.units);
    const isRoot = !isIntrospectionType(parent);
    return { ...NOTHING, units: isRoot ? Math.ceil(all / PRICE.introspected) : all };
  }

  return { costOf, below };
}

/** Returns the cost of an operation. Throws `QUERY_TOO_COMPLEX` if it has too many fields. */
export function costOfOperation(context: SelectionContext, operation: OperationDefinitionNode): Cost {
  const root = context.schema.getRootType(operation.operation);
  return root ? createCosts(context).below([operation], root).own : NOTHING;
}

/** Returns the cost of a row of a list; for a connection, of its row in both `edges` and `nodes`. */
export function costOfRow(
  info: Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'fieldNodes' | 'returnType'>,
): Cost {
  const type = getNamedType(info.returnType);
  const { own, rows } = createCosts(info).below(info.fieldNodes, type);
  return sum([isConnectionName(type.name) ? rows : own, { ...NOTHING, units: PRICE.row }]);
}

/** Returns the cost of a field with its selection. */
export function costOfField(info: GraphQLResolveInfo): Cost {
  return createCosts(info).costOf(info.fieldNodes, info.parentType);
}
