import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { failure } from '../../domain/errors.ts';
import { OVER_BUDGET, UNITS_MAX } from '../../graphql/budget.ts';
import { type Cost, type Variables, worstOf } from '../../graphql/cost.ts';
import { costOfOperation } from '../../graphql/selection-cost.ts';

/** The limit on the cost with full pages. It is above the budget, because pages are rarely full. */
const ESTIMATE_MAX = 5 * UNITS_MAX;

/** The certain units are mostly introspection, which runs without a pause. GraphiQL's query takes 9,100. */
const CERTAIN_MAX = 11_000;

/** The limit on the cost of an event with the longest payload. Many streams can send it at the same time. */
const EVENT_MAX = 5_000;
const LONGEST_PAYLOAD = 1_024;

interface Estimate {
  readonly cost: Cost;
  /** The default values of integer variables. */
  readonly defaults: Variables;
}

/** Returns the fragments of a document by name. */
export function fragmentsOf(document: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = document.definitions.flatMap((each) =>
    each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
  );
  return Object.fromEntries(fragments);
}

/** Estimates of parsed operations, which the document cache reuses. */
const ESTIMATES = new WeakMap<OperationDefinitionNode, Estimate>();

function defaultsOf(operation: OperationDefinitionNode): Variables {
  const integers = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
  );
  return Object.fromEntries(integers);
}

function estimate(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Estimate {
  const cached = ESTIMATES.get(operation);
  if (cached) return cached;
  const result = {
    cost: costOfOperation({ schema, fragments: fragmentsOf(document) }, operation),
    defaults: defaultsOf(operation),
  };
  ESTIMATES.set(operation, result);
  return result;
}

/**
 * Returns the units that an operation takes regardless of the stored data. Throws `QUERY_TOO_COMPLEX` if these are too many,
 * or if full pages of the requested lengths would be.
 */
export function requireAffordable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables | null | undefined,
): number {
  const { cost, defaults } = estimate(schema, document, operation);
  const worst = worstOf(cost, { ...defaults, ...variables });
  const isStream = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const fits = isStream
    ? worst + cost.json * LONGEST_PAYLOAD <= EVENT_MAX
    : worst <= ESTIMATE_MAX && cost.units <= CERTAIN_MAX;
  if (fits) return cost.units;
  throw failure('QUERY_TOO_COMPLEX', OVER_BUDGET);
}
