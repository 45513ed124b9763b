import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { failure } from '../../domain/errors.ts';

/** The limits on one operation with expanded fragments. GraphiQL's introspection query stays below them. */
const LIMITS = [
  { of: 'depth', most: 15, words: '15 levels of fields' },
  { of: 'aliases', most: 30, words: '30 aliases' },
  { of: 'rootFields', most: 20, words: '20 root fields' },
  { of: 'directives', most: 50, words: '50 directives' },
] as const;

/** Maximum number of lexical tokens of a document. The parser counts them. */
export const MAX_TOKENS = 1000;

/** The size of a selection with expanded fragments. */
interface Size {
  /** Levels of fields. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields on the first level. */
  readonly rootFields: number;
  readonly directives: number;
}

const NOTHING: Size = { depth: 0, aliases: 0, rootFields: 0, directives: 0 };

function add(a: Size, b: Size): Size {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    rootFields: a.rootFields + b.rootFields,
    directives: a.directives + b.directives,
  };
}

/** Returns a function that measures selections. It measures each fragment once; a recursive spread counts as empty. */
function createMeasure(document: DocumentNode): (selections: SelectionSetNode | undefined) => Size {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Size>();

  function measureFragment(name: string): Size {
    const cached = measured.get(name);
    if (cached) return cached;
    measured.set(name, NOTHING);
    const size = measureSet(fragments.get(name)?.selectionSet);
    measured.set(name, size);
    return size;
  }

  function measureSelection(selection: SelectionNode): Size {
    const directives = selection.directives?.length ?? 0;
    if (selection.kind === Kind.FIELD) {
      const below = measureSet(selection.selectionSet);
      return {
        depth: below.depth + 1,
        aliases: below.aliases + (selection.alias ? 1 : 0),
        rootFields: 1,
        directives: below.directives + directives,
      };
    }
    const spread =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? measureFragment(selection.name.value)
        : measureSet(selection.selectionSet);
    return add(spread, { ...NOTHING, directives });
  }

  function measureSet(set: SelectionSetNode | undefined): Size {
    return (set?.selections ?? []).map(measureSelection).reduce(add, NOTHING);
  }

  return measureSet;
}

/** Throws `QUERY_TOO_COMPLEX` if an operation of the document exceeds a limit. */
export function assertWithinLimits(document: DocumentNode): void {
  const measure = createMeasure(document);
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const variables = operation.variableDefinitions ?? [];
    const declared = [operation, ...variables].reduce((sum, node) => sum + (node.directives?.length ?? 0), 0);
    const size = add(measure(operation.selectionSet), { ...NOTHING, directives: declared });
    const exceeded = LIMITS.find(({ of, most }) => size[of] > most);
    if (exceeded) throw failure('QUERY_TOO_COMPLEX', `An operation may have at most ${exceeded.words}.`);
  }
}
