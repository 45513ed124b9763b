import { type RawBuilder, sql } from 'kysely';
import type { ScimFilter, TextOperator } from '../../domain/scim/filter.ts';
import type { Condition } from './granters.ts';

/** The SQL of the attributes of a resource. */
export interface FilterColumns<A extends string> {
  /** The texts to compare, in lower case unless the attribute is exact. */
  readonly columns: Readonly<Partial<Record<A, RawBuilder<string>>>>;
  /** The attributes whose case matters. */
  readonly isExact: readonly A[];
  /** The conditions that attributes of the type boolean are true. */
  readonly conditions?: Readonly<Partial<Record<A, Condition>>>;
}

/** Returns a comparison of text. It avoids `like`, whose case sensitivity differs between the engines. */
function compare(column: RawBuilder<string>, operator: TextOperator, value: RawBuilder<string>): Condition {
  switch (operator) {
    case 'eq':
      return sql`${column} = ${value}`;
    case 'ne':
      return sql`${column} <> ${value}`;
    case 'co':
      return sql`replace(${column}, ${value}, '') <> ${column}`;
    case 'sw':
      return sql`substr(${column}, 1, length(${value})) = ${value}`;
    case 'ew':
      return sql`length(${column}) >= length(${value})
        and substr(${column}, length(${column}) - length(${value}) + 1) = ${value}`;
  }
}

/** Returns a filter of SCIM as a condition. An attribute without SQL matches nothing. */
export function scimCondition<A extends string>(filter: ScimFilter<A>, parts: FilterColumns<A>): Condition {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const conditions = filter.parts.map((part) => scimCondition(part, parts));
      return sql`(${sql.join(conditions, filter.kind === 'and' ? sql` and ` : sql` or `)})`;
    }
    case 'present': {
      const column = parts.columns[filter.attribute];
      return column ? sql`${column} is not null` : sql`1 = 1`;
    }
    case 'boolean': {
      const condition = parts.conditions?.[filter.attribute] ?? sql`1 = 0`;
      return filter.value ? sql`(${condition})` : sql`not (${condition})`;
    }
    case 'text': {
      const { attribute, operator, value } = filter;
      const column = parts.columns[attribute];
      if (!column) return sql`1 = 0`;
      const text = sql<string>`cast(${value} as text)`;
      return sql`(${compare(column, operator, parts.isExact.includes(attribute) ? text : sql<string>`lower(${text})`)})`;
    }
  }
}
