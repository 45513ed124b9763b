import type Database from 'better-sqlite3';
import type { SqliteHandle } from '../../src/storage/database.ts';

/** The database work since the last reset. */
export interface Usage {
  statements: number;
  /** The largest number of parameters of a statement. */
  parameters: number;
  rows: number;
  /** Characters of the texts in the rows. */
  characters: number;
}

const READS = ['all', 'get', 'run'] as const;

function countRow(usage: Usage, row: unknown): void {
  usage.rows += 1;
  const values = typeof row === 'object' && row !== null ? Object.values(row) : [row];
  for (const value of values) if (typeof value === 'string') usage.characters += value.length;
}

function countParameters(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0);
}

/** Counts what every statement of a connection reads. Statements that were prepared before are not counted. */
export function countUsage({ connection }: SqliteHandle): Usage {
  const usage: Usage = { statements: 0, parameters: 0, rows: 0, characters: 0 };
  const counted = new WeakSet<object>();
  const prepare = connection.prepare.bind(connection);
  connection.prepare = ((source: string) => {
    const statement = prepare(source) as Database.Statement<unknown[], unknown>;
    // Statements are cached and reused; reading the data version reads no row.
    if (counted.has(statement) || /^pragma/i.test(source)) return statement;
    counted.add(statement);
    for (const name of READS) {
      const read = statement[name].bind(statement) as (...values: unknown[]) => unknown;
      Object.assign(statement, {
        [name]: (...values: unknown[]) => {
          const result = read(...values);
          usage.statements += 1;
          usage.parameters = Math.max(usage.parameters, countParameters(values));
          if (name === 'all') for (const row of result as unknown[]) countRow(usage, row);
          else if (name === 'get' && result !== undefined) countRow(usage, result);
          return result;
        },
      });
    }
    return statement;
  }) as typeof connection.prepare;
  return usage;
}

/** Resets the counts. */
export function resetUsage(usage: Usage): void {
  Object.assign(usage, { statements: 0, parameters: 0, rows: 0, characters: 0 });
}

/** Counts the objects and values of a response. */
export function countValues(value: unknown): { objects: number; leaves: number } {
  if (typeof value !== 'object' || value === null) return { objects: 0, leaves: 1 };
  const counts = { objects: Array.isArray(value) ? 0 : 1, leaves: 0 };
  for (const each of Object.values(value)) {
    const { objects, leaves } = countValues(each);
    counts.objects += objects;
    counts.leaves += leaves;
  }
  return counts;
}
