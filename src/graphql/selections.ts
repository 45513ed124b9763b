import {
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';

/** The schema and the fragments of a document. */
export type SelectionContext = Pick<GraphQLResolveInfo, 'schema' | 'fragments'>;

/** A selected field. */
export interface SelectedField {
  /** The type that the field is selected on. */
  readonly parent: GraphQLNamedType;
  /** The selections of the field with the same response key, which are executed once. */
  readonly nodes: readonly FieldNode[];
}

/** Returns the field of a type, introspection fields included; `undefined` if the type has none of that name. */
export function fieldOf(
  schema: GraphQLSchema,
  parent: GraphQLNamedType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  if (name === SchemaMetaFieldDef.name && parent === schema.getQueryType()) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name && parent === schema.getQueryType()) return TypeMetaFieldDef;
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

/**
 * Returns a function that lists the fields that selections on a type select, with fragments expanded. It visits each
 * fragment once for a list, so its time is linear in the length of the document.
 *
 * @param isSelected Whether a selection counts. Default: all do.
 */
export function createSelections(
  { schema, fragments }: SelectionContext,
  isSelected: (selection: SelectionNode) => boolean = () => true,
) {
  const typeOf = (name: string | undefined) => (name === undefined ? undefined : schema.getType(name));

  function collect(
    set: SelectionSetNode,
    parent: GraphQLNamedType,
    into: Map<string, { parent: GraphQLNamedType; nodes: FieldNode[] }>,
    visited: Set<string>,
  ): void {
    for (const selection of set.selections) {
      if (!isSelected(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = `${parent.name}.${(selection.alias ?? selection.name).value}`;
        const selected = into.get(key);
        if (selected) selected.nodes.push(selection);
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

  return (
    nodes: readonly Pick<FieldNode, 'selectionSet'>[],
    type: GraphQLNamedType,
  ): Iterable<SelectedField> => {
    const selected = new Map<string, { parent: GraphQLNamedType; nodes: FieldNode[] }>();
    const visited = new Set<string>();
    for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet, type, selected, visited);
    return selected.values();
  };
}
