import { print, visit } from 'graphql';

/** Returns the fragments that a definition uses, also by other fragments. */
function fragmentsOf(definition, fragments, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (!fragment || found.has(fragment)) return;
      found.add(fragment);
      fragmentsOf(fragment, fragments, found);
    },
  });
  return found;
}

/**
 * A plugin for the code generator: adds each operation as text with the types of its result and variables, which
 * `typescript-operations` generates.
 */
export function plugin(_schema, documents) {
  const definitions = documents.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(
    definitions.filter(({ kind }) => kind === 'FragmentDefinition').map((each) => [each.name.value, each]),
  );
  const operations = definitions.filter(({ kind }) => kind === 'OperationDefinition');
  const texts = operations.map((definition) => {
    const name = definition.name.value;
    const type = name + (definition.operation === 'query' ? 'Query' : 'Mutation');
    const text = [definition, ...fragmentsOf(definition, fragments)].map(print).join('\n');
    return `export const ${name}: Operation<${type}, ${type}Variables> = { text: ${JSON.stringify(text)} };`;
  });
  return [
    '/** An operation as text, with the types of its result and of its variables. */',
    'export interface Operation<Result, Variables> {',
    '  readonly text: string;',
    '  readonly types?: (variables: Variables) => Result;',
    '}',
    ...texts,
  ].join('\n');
}
