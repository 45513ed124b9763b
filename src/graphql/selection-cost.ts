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
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { failure } from '../domain/errors.ts';
import { PRICE } from './budget.ts';

import { type Cost, type FieldCost, lengthOf, NOTHING, pageSizeOf, sum } from './cost.ts';

const ROWS_EXPECTED = 10;
/** Fields of an operation, each fragment written out; more are not looked at. */
const FIELDS_MAX = 5000;

/** The operation and fragments that a cost is worked out in. */
export type CostContext = Pick<GraphQLResolveInfo, 'schema' | 'fragments'>;

/** Whether a type is a connection of Relay. */
export function isConnectionName(name: string): boolean {
  return name.endsWith('Connection');
}

const LISTS_OF_INTROSPECTION = new WeakMap<GraphQLSchema, ReadonlyMap<string, number>>();

/** How many rows each list of the introspection types has: of the types, all; of what is inside types, what they have on average. */
function listsOfIntrospection(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const known = LISTS_OF_INTROSPECTION.get(schema);
  if (known) return known;
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

interface Selected {
  readonly parent: GraphQLNamedType;
  readonly nodes: FieldNode[];
}

/** Works out costs; fields of one response key are one, as they are for the executor. */
function createCosts({ schema, fragments }: CostContext) {
  let fields = 0;

  function collect(
    set: SelectionSetNode,
    parent: GraphQLNamedType,
    into: Map<string, Selected>,
    visited: Set<string>,
  ): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = `${parent.name}.${(selection.alias ?? selection.name).value}`;
        const known = into.get(key);
        if (known) known.nodes.push(selection);
        else into.set(key, { parent, nodes: [selection] });
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, typeOf(selection.typeCondition?.name.value) ?? parent, into, visited);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments[selection.name.value];
        const type = typeOf(fragment?.typeCondition.name.value);
        if (fragment && type) collect(fragment.selectionSet, type, into, visited);
      }
    }
  }

  const typeOf = (name: string | undefined) => (name === undefined ? undefined : schema.getType(name));

  function fieldOf(parent: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
    if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  }

  /** What the fields below these cost, and apart from it what the rows of `edges` and `nodes` cost. */
  function below(
    nodes: readonly Pick<FieldNode, 'selectionSet'>[],
    type: GraphQLNamedType,
  ): { own: Cost; rows: Cost } {
    const selected = new Map<string, Selected>();
    const visited = new Set<string>();
    for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet, type, selected, visited);
    const own: Cost[] = [];
    const rows: Cost[] = [];
    for (const { parent, nodes: merged } of selected.values()) {
      const name = (merged[0] as FieldNode).name.value;
      const isRows = isConnectionName(parent.name) && (name === 'edges' || name === 'nodes');
      (isRows ? rows : own).push(isRows ? rowOf(merged, parent, name) : costOf(merged, parent));
    }
    return { own: sum(own), rows: sum(rows) };
  }

  function rowOf(nodes: readonly FieldNode[], parent: GraphQLNamedType, name: string): Cost {
    const field = fieldOf(parent, name);
    return field ? below(nodes, getNamedType(field.type)).own : NOTHING;
  }

  function costOf(nodes: readonly FieldNode[], parent: GraphQLNamedType): Cost {
    if (++fields > FIELDS_MAX) {
      throw failure(
        'QUERY_TOO_COMPLEX',
        `An operation may have at most ${FIELDS_MAX} fields, fragments written out.`,
      );
    }
    const node = nodes[0] as FieldNode;
    const field = fieldOf(parent, node.name.value);
    if (!field) return NOTHING;
    const type = getNamedType(field.type);
    if (isIntrospectionType(type)) return introspected(nodes, field, parent);
    if (isCompositeType(type)) return sum([declaredCost(node, field, parent), objectsCost(nodes, field)]);
    const json = type.name === 'JSON' ? 1 : 0;
    return sum([declaredCost(node, field, parent), { ...NOTHING, units: 1, json }]);
  }

  /** What a field takes when it is resolved: to be judged, to change something, and what it says itself. */
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

  /** What a field costs whose values have fields of their own. */
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

  /** Introspection is answered in one go: all of it is certain. */
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

/** What an operation costs. Throws `QUERY_TOO_COMPLEX` if it has too many fields. */
export function costOfOperation(context: CostContext, operation: OperationDefinitionNode): Cost {
  const root = context.schema.getRootType(operation.operation);
  return root ? createCosts(context).below([operation], root).own : NOTHING;
}

/** What a row of a list costs, or of both `edges` and `nodes` of a connection. */
export function costOfRow(
  info: Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'fieldNodes' | 'returnType'>,
): Cost {
  const type = getNamedType(info.returnType);
  const { own, rows } = createCosts(info).below(info.fieldNodes, type);
  return sum([isConnectionName(type.name) ? rows : own, { ...NOTHING, units: PRICE.row }]);
}

/** What a field costs with all below it. */
export function costOfField(info: GraphQLResolveInfo): Cost {
  return createCosts(info).costOf(info.fieldNodes, info.parentType);
}
