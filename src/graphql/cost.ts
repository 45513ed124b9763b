import { type ArgumentNode, type FieldNode, Kind } from 'graphql';
import { PAGE_DEFAULT, PAGE_MAX } from '../domain/paging.ts';

/** What a field costs beyond what follows from its type and selection. */
export interface FieldCost {
  /** Units to take before it is resolved. */
  readonly units?: number;
  /** The argument, a list, for each item of which the units are taken. */
  readonly perItemOf?: string;
  /** Whether a list without pages is read by a loader, together with those of other rows. */
  readonly isBatched?: boolean;
  /** How many rows a list without pages is expected to have. */
  readonly rows?: number;
}

/** Values of variables by name, coerced or not. */
export type Variables = Readonly<Record<string, unknown>>;

/** What a selection costs for one object. */
export interface Cost {
  /** Units that are certain once there is the object. */
  readonly units: number;
  /** Units that its fields take when they are resolved. */
  readonly later: number;
  /** How many of its fields are stored JSON, the size of which is known only then. */
  readonly json: number;
  readonly lists: readonly ListCost[];
}

/** Something that a selection costs as often as its arguments say. */
export interface ListCost {
  readonly count: (variables: Variables) => number;
  readonly each: Cost;
}

/** What costs nothing. */
export const NOTHING: Cost = { units: 0, later: 0, json: 0, lists: [] };

/** Costs added up. */
export function sum(costs: readonly Cost[]): Cost {
  return {
    units: costs.reduce((total, { units }) => total + units, 0),
    later: costs.reduce((total, { later }) => total + later, 0),
    json: costs.reduce((total, { json }) => total + json, 0),
    lists: costs.flatMap(({ lists }) => lists),
  };
}

/** The most that a cost can come to, were every page full. */
export function worstOf({ units, later, lists }: Cost, variables: Variables): number {
  return lists.reduce(
    (total, { count, each }) => total + count(variables) * worstOf(each, variables),
    units + later,
  );
}

function argumentOf(node: FieldNode, ...names: string[]): ArgumentNode | undefined {
  return node.arguments?.find(({ name }) => names.includes(name.value));
}

/** How many rows a page has at most. */
export function pageSizeOf(node: FieldNode): ListCost['count'] {
  const value = argumentOf(node, 'first', 'last')?.value;
  const clamp = (size: unknown) =>
    typeof size === 'number' ? Math.min(Math.max(size, 0), PAGE_MAX) : PAGE_DEFAULT;
  if (value?.kind === Kind.VARIABLE) return (variables) => clamp(variables[value.name.value]);
  const size = clamp(value?.kind === Kind.INT ? Number(value.value) : undefined);
  return () => size;
}

/** How many items a list in the arguments has. */
export function lengthOf(node: FieldNode, name: string): ListCost['count'] {
  const value = argumentOf(node, name)?.value;
  if (value?.kind === Kind.LIST) return () => value.values.length;
  if (value?.kind !== Kind.VARIABLE) return () => 1;
  return (variables) => {
    const given = variables[value.name.value];
    return Array.isArray(given) ? given.length : 1;
  };
}
