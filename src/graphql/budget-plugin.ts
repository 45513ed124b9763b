import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { COUNTED_MAX, PAGE_DEFAULT, PAGE_MAX } from '../domain/paging.ts';
import type { PayloadBudget } from '../services/channels/messages.ts';
import { type Budget, bytesToUnits, PRICE, SLICE } from './budget.ts';
import type { Context } from './context.ts';
import { type Cost, type FieldCost, valueAt, worstOf } from './cost.ts';
import { costOfField, costOfRow, isConnectionName } from './selection-cost.ts';

/** The name of the plugin that charges the fields of an operation to its budget. */
export const BUDGET_PLUGIN = 'budget' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      budget: BudgetPlugin<Types>;
    }

    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** What the field costs beyond what follows from its type and selection. */
      cost?: FieldCost;
    }
  }
}

/** The number of rows that a list without pages reads at most, unless its cost says otherwise. */
const ROWS_READ = 1000;

type Resolver = GraphQLFieldResolver<unknown, Context, Record<string, unknown>>;

/**
 * The cost of a row, by the field node of its list, which is the same in each execution of a cached document. If the field
 * is selected several times, by the array of its nodes, which is the same for all parents of one execution.
 */
const ROW_COSTS = new WeakMap<object, Cost>();

function rowCostOf(info: GraphQLResolveInfo): Cost {
  const { fieldNodes } = info;
  const key = fieldNodes.length === 1 ? (fieldNodes[0] as object) : fieldNodes;
  const cached = ROW_COSTS.get(key);
  if (cached) return cached;
  const cost = costOfRow(info);
  ROW_COSTS.set(key, cost);
  return cost;
}

/** Returns whether the selection of a list or an object has fields of stored JSON. */
export function selectsJson(info: GraphQLResolveInfo): boolean {
  return rowCostOf(info).json > 0;
}

/** Returns the budget for the stored JSON of the rows of a list; `null` if its selection has no such field. */
export function jsonBudgetOf(budget: Budget, info: GraphQLResolveInfo): PayloadBudget | null {
  const { json } = rowCostOf(info);
  if (json === 0) return null;
  const unitsOf = (bytes: number) => json * bytesToUnits(bytes);
  return {
    take: (bytes) => budget.take(unitsOf(bytes)),
    pace: (bytes) => budget.pace(unitsOf(bytes)),
  };
}

/** Returns the rows in slices: those after the first slice as promises that resolve after other requests had a turn. */
function inSlices(rows: readonly unknown[], units: number, budget: Budget): readonly unknown[] {
  const step = Math.max(1, Math.floor(SLICE / units));
  if (rows.length <= step) return rows;
  let turn: Promise<void> | undefined;
  return rows.map((row, place) => {
    if (place % step === 0) turn = budget.pace(Math.min(step, rows.length - place) * units);
    return turn ? turn.then(() => row) : row;
  });
}

/** Charges a connection for a full page, and refunds the rows that the page does not have. */
function pageWithin(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    const row = rowCostOf(info).units;
    const rows = Math.min((args.last ?? args.first ?? PAGE_DEFAULT) as number, PAGE_MAX);
    return context.budget.read(
      PRICE.statement + Math.max(rows, 0) * row,
      async () => (await resolve(parent, args, context, info)) as { edges: readonly unknown[] },
      ({ edges }) => PRICE.statement + edges.length * row,
    );
  };
}

/**
 * Charges a list without pages for the most that it can read, refunds what it did not read, and charges the fields of its
 * rows.
 */
function listWithin(resolve: Resolver, { isBatched, reads = ROWS_READ }: FieldCost): Resolver {
  type Rows = readonly unknown[] | null;
  return async (parent, args, context, info) => {
    const { budget } = context;
    const work = async () => (await resolve(parent, args, context, info)) as Rows;
    const rows = isBatched
      ? await work()
      : await budget.read(PRICE.statement + reads, work, (found) =>
          found ? PRICE.statement + found.length : PRICE.statement,
        );
    const { units } = rowCostOf(info);
    const pause = budget.takeInTurn((rows?.length ?? 0) * units);
    if (pause) await pause;
    return rows && inSlices(rows, units, budget);
  };
}

/** Returns the rows of a page in slices. The page is charged already. */
function rowsWithin(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    const rows = resolve(parent, args, context, info) as readonly unknown[];
    return inSlices(rows, rowCostOf(info).units, context.budget);
  };
}

/** Returns the units that the field declares for these arguments. */
function declaredUnits({ units = 0, perItemOf }: FieldCost, args: Record<string, unknown>): number {
  return perItemOf ? units * (valueAt(args, perItemOf.split('.')) as readonly unknown[]).length : units;
}

/** Charges a count for `COUNTED_MAX` rows, and refunds those that were not counted. */
function countWithin(resolve: Resolver): Resolver {
  return (parent, args, context, info) =>
    context.budget.read(
      PRICE.count + Math.ceil(COUNTED_MAX / PRICE.counted),
      async () => (await resolve(parent, args, context, info)) as number,
      (count) => PRICE.count + Math.ceil(count / PRICE.counted),
    );
}

/** Charges the units that the field declares before it is resolved. */
function fieldWithin(resolve: Resolver, cost: FieldCost): Resolver {
  return (parent, args, context, info) => {
    const pause = context.budget.takeInTurn(declaredUnits(cost, args));
    const work = () => resolve(parent, args, context, info);
    return pause ? pause.then(work) : work();
  };
}

/** Refuses a mutation before it starts if the budget does not cover its payload too. */
function mutationWithin(resolve: Resolver, cost: FieldCost): Resolver {
  return (parent, args, context, info) => {
    context.budget.require(worstOf(costOfField(info), info.variableValues));
    context.budget.take(PRICE.mutation + declaredUnits(cost, args));
    return resolve(parent, args, context, info);
  };
}

/** Gives each event of a stream a budget of its own. */
function eventWithin(resolve: Resolver): Resolver {
  return (parent, args, context, info) => {
    context.budget.renew();
    return resolve(parent, args, context, info);
  };
}

/** Charges lists, counts, mutations and fields with a declared cost to the budget of the operation. */
class BudgetPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { cost } = config.pothosOptions as { cost?: FieldCost };
    return cost ? { ...config, extensions: { ...config.extensions, cost } } : config;
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    config: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    return this.within(resolver as never, config) as never;
  }

  private within(resolve: Resolver, config: PothosOutputFieldConfig<Types>): Resolver {
    const { parentType, type } = config;
    const { cost = {} } = (config.extensions ?? {}) as { cost?: FieldCost };
    if (parentType === 'Mutation') return mutationWithin(resolve, cost);
    if (parentType === 'Subscription') return eventWithin(resolve);
    if (isConnectionName(parentType) && config.name === 'totalCount') return countWithin(resolve);
    const priced = cost.units ? fieldWithin(resolve, cost) : resolve;
    if (type.kind === 'List') {
      if (type.type.kind !== 'Object') return priced;
      return isConnectionName(parentType) ? rowsWithin(priced) : listWithin(priced, cost);
    }
    if (type.kind !== 'Object') return priced;
    const { name } = this.builder.configStore.getTypeConfig(type.ref as never);
    return isConnectionName(name) ? pageWithin(priced) : priced;
  }
}

SchemaBuilder.registerPlugin(BUDGET_PLUGIN, BudgetPlugin as never);
