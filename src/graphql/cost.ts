import { type ArgumentNode, type FieldNode, Kind, type ValueNode } from 'graphql';
import { PAGE_DEFAULT, PAGE_MAX } from '../domain/paging.ts';

/** The cost of a field in addition to what follows from its type and selection. */
export interface FieldCost {
  /** Units to charge before the field is resolved. */
  readonly units?: number;
  /** The path of a list in the arguments, such as `input.secrets`. The units are charged for each of its items. */
  readonly perItemOf?: string;
  /** Whether a loader reads the list, together with the lists of other rows. For lists without pages. */
  readonly isBatched?: boolean;
  /** The units for the most that the list can read. For lists without pages. */
  readonly reads?: number;
  /** The number of rows that the list is expected to have. For lists without pages. */
  readonly rows?: number;
}

/** Values of variables by name, coerced or not. */
export type Variables = Readonly<Record<string, unknown>>;

/** The cost of a selection for one object. */
export interface Cost {
  /** Units that are certain if the object exists. */
  readonly units: number;
  /** Units that the fields are charged when they are resolved. */
  readonly later: number;
  /** The number of fields of stored JSON, whose size is unknown before they are read. */
  readonly json: number;
  readonly lists: readonly ListCost[];
}

/** A cost that occurs as often as the arguments say. */
export interface ListCost {
  readonly count: (variables: Variables) => number;
  readonly each: Cost;
}

/** The cost of nothing. */
export const NOTHING: Cost = { units: 0, later: 0, json: 0, lists: [] };

/** Returns the sum of costs. */
export function sum(costs: readonly Cost[]): Cost {
  return {
    units: costs.reduce((total, { units }) => total + units, 0),
    later: costs.reduce((total, { later }) => total + later, 0),
    json: costs.reduce((total, { json }) => total + json, 0),
    lists: costs.flatMap(({ lists }) => lists),
  };
}

/** Returns the units of a cost if every page is full. */
export function worstOf({ units, later, lists }: Cost, variables: Variables): number {
  return lists.reduce(
    (total, { count, each }) => total + count(variables) * worstOf(each, variables),
    units + later,
  );
}

function argumentOf(node: FieldNode, ...names: string[]): ArgumentNode | undefined {
  return node.arguments?.find(({ name }) => names.includes(name.value));
}

/** Returns how many rows a page has at most. */
export function pageSizeOf(node: FieldNode): ListCost['count'] {
  const value = argumentOf(node, 'first', 'last')?.value;
  const clamp = (size: unknown) =>
    typeof size === 'number' ? Math.min(Math.max(size, 0), PAGE_MAX) : PAGE_DEFAULT;
  if (value?.kind === Kind.VARIABLE) return (variables) => clamp(variables[value.name.value]);
  const size = clamp(value?.kind === Kind.INT ? Number(value.value) : undefined);
  return () => size;
}

/** Returns the value at a path of keys, or `undefined` if it is absent. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

function lengthAt(value: ValueNode | undefined, keys: readonly string[]): ListCost['count'] {
  if (value?.kind === Kind.VARIABLE) {
    return (variables) => {
      const given = valueAt(variables[value.name.value], keys);
      return Array.isArray(given) ? given.length : 1;
    };
  }
  const [key, ...rest] = keys;
  if (key !== undefined) {
    const fields = value?.kind === Kind.OBJECT ? value.fields : [];
    return lengthAt(fields.find(({ name }) => name.value === key)?.value, rest);
  }
  return () => (value?.kind === Kind.LIST ? value.values.length : 1);
}

/** Returns how many items the list at a path of the arguments has, such as `input.secrets`; 1 for anything else. */
export function lengthOf(node: FieldNode, path: string): ListCost['count'] {
  const [name = '', ...keys] = path.split('.');
  return lengthAt(argumentOf(node, name)?.value, keys);
}
