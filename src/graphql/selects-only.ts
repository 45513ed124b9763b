import { type FieldNode, type GraphQLNamedType, type GraphQLResolveInfo, getNamedType } from 'graphql';
import { createSelections, fieldOf } from './selections.ts';

type Selections = ReturnType<typeof createSelections>;
type Nodes = readonly Pick<FieldNode, 'selectionSet'>[];

/** Returns the field nodes and the type of the rows in the selection of a connection. */
function* rowsOf(
  selections: Selections,
  { schema, fieldNodes, returnType }: GraphQLResolveInfo,
): Generator<{ nodes: Nodes; type: GraphQLNamedType }> {
  const paths: [Nodes, GraphQLNamedType][] = [[fieldNodes, getNamedType(returnType)]];
  for (const [over, of] of paths) {
    for (const { parent, nodes } of selections(over, of)) {
      const name = nodes[0]?.name.value ?? '';
      const field = fieldOf(schema, parent, name);
      if (!field) continue;
      const type = getNamedType(field.type);
      if (name === 'edges') paths.push([nodes, type]);
      if (name === 'nodes' || name === 'node') yield { nodes, type };
    }
  }
}

/**
 * Returns a function that returns whether the rows of a connection are selected with no other fields than these. It reads
 * each cached document once.
 */
export function createSelectsOnly(...names: readonly string[]): (info: GraphQLResolveInfo) => boolean {
  const results = new WeakMap<object, boolean>();

  function selectsOnly(info: GraphQLResolveInfo): boolean {
    const selections = createSelections(info);
    for (const { nodes, type } of rowsOf(selections, info)) {
      for (const selected of selections(nodes, type)) {
        if (!names.includes(selected.nodes[0]?.name.value ?? '')) return false;
      }
    }
    return true;
  }

  return (info) => {
    const key = info.fieldNodes[0] as object;
    // The same field node can be merged with others that another operation of the document does not select.
    if (info.fieldNodes.length > 1) return selectsOnly(info);
    const result = results.get(key) ?? selectsOnly(info);
    results.set(key, result);
    return result;
  };
}
