import {
  ColumnDefinitionNode,
  type DataTypeNode,
  type Dialect,
  PostgresAdapter,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import type { NamingPool } from './naming-pool.ts';

const INT8 = 20;
const NUMERIC = 1700;

/** Parsers that return integers, counts and sums as numbers (all stored integers are exact). By default the client returns text. */
export const TYPES = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 || oid === NUMERIC
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Makes every text column compare by bytes, as on SQLite, independent of the locale of the database. */
class BytewiseCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    const parent = this.parentNode;
    if (node.dataType === 'text' && parent && ColumnDefinitionNode.is(parent)) this.append(' collate "C"');
  }
}

/** One for all pools. Prepared queries are kept by adapter (`query/prepared.ts`), and their text is the same for each pool. */
const ADAPTER = new PostgresAdapter();

/**
 * Creates Kysely's PostgreSQL dialect with named statements, text that compares by bytes, and errors that all have a code.
 */
export function createPostgresDialect(pool: NamingPool): Dialect {
  const config = { pool: pool as unknown as PostgresPool };
  const dialect = new PostgresDialect(config);
  dialect.createDriver = () => new PostgresDriver(config);
  dialect.createAdapter = () => ADAPTER;
  dialect.createQueryCompiler = () => new BytewiseCompiler();
  return dialect;
}
