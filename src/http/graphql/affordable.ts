import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { failure } from '../../domain/errors.ts';
import { OVER_BUDGET, UNITS_MAX } from '../../graphql/budget.ts';
import { type Cost, type Variables, worstOf } from '../../graphql/cost.ts';
import { costOfOperation } from '../../graphql/selection-cost.ts';

/** What an operation may cost if every page were full: pages seldom are, and what it really uses is bounded by its budget. */
const FORESEEN_MAX = 5 * UNITS_MAX;

/** The certain units are mostly introspection, which runs without a pause. GraphiQL's query takes 7,000. */
const CERTAIN_MAX = 12_000;

/** An event of a stream with the longest payload may cost so much: many streams may carry it at once. */
const EVENT_MAX = 5_000;
const LONGEST_PAYLOAD = 1_024;

interface Foreseen {
  readonly cost: Cost;
  /** Values of variables that are left out. */
  readonly defaults: Variables;
}

const FORESEEN = new WeakMap<OperationDefinitionNode, Foreseen>();

function defaultsOf(operation: OperationDefinitionNode): Variables {
  const integers = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
  );
  return Object.fromEntries(integers);
}

function foresee(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Foreseen {
  const known = FORESEEN.get(operation);
  if (known) return known;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const foreseen = {
    cost: costOfOperation({ schema, fragments }, operation),
    defaults: defaultsOf(operation),
  };
  FORESEEN.set(operation, foreseen);
  return foreseen;
}

/**
 * The units that an operation takes whatever is stored. Throws `QUERY_TOO_COMPLEX` if these, or those of full pages as
 * long as its arguments say, are too many.
 */
export function requireAffordable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables | null | undefined,
): number {
  const { cost, defaults } = foresee(schema, document, operation);
  const worst = worstOf(cost, { ...defaults, ...variables });
  const isStream = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const fits = isStream
    ? worst + cost.json * LONGEST_PAYLOAD <= EVENT_MAX
    : worst <= FORESEEN_MAX && cost.units <= CERTAIN_MAX;
  if (fits) return cost.units;
  throw failure('QUERY_TOO_COMPLEX', OVER_BUDGET);
}
