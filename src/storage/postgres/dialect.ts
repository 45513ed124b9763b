import {
  ColumnDefinitionNode,
  type DataTypeNode,
  type Dialect,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  PostgresQueryCompiler,
} from 'kysely';
import pg from 'pg';
import { errorCodeOf } from '../errors.ts';

/** The most statements that get a name, and the most parameters that one of them can have. */
const MOST_NAMED_STATEMENTS = 500;
const MOST_NAMED_PARAMETERS = 25;

/** The SQLSTATE of a failed connection, for which the client library throws errors without a code. */
const CONNECTION_FAILURE = '08006';
const SQLSTATE = /^[0-9A-Z]{5}$/;

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

/** Returns the SQLSTATE of an error that the database sent; `null` for any other error. */
export function sqlStateOf(error: unknown): string | null {
  const code = errorCodeOf(error);
  return code !== null && SQLSTATE.test(code) ? code : null;
}

/** Returns an error of the database unchanged, and gives any other the code of a failed connection. */
function withSqlState(error: unknown): unknown {
  if (sqlStateOf(error) !== null || error instanceof TypeError) return error;
  return Object.assign(new Error('The connection to the database failed.', { cause: error }), {
    code: CONNECTION_FAILURE,
  });
}

/** Returns whether a connection must be discarded: its state is unknown, or its plans belong to an older schema. */
function mustDiscard(error: unknown): boolean {
  return sqlStateOf(error) === null || (error as { routine?: string }).routine === 'RevalidateCachedQuery';
}

/** Replaces NUL, which PostgreSQL's text cannot contain. No stored text contains it either, so such a lookup finds nothing. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

/**
 * Wraps a pool for Kysely and names its statements. Kysely does not name them, so PostgreSQL would parse and plan each one
 * again, which takes longer than a point read. Statements with long lists get no name, because each length is another text.
 */
function namingPool(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();

  function nameOf(text: string, parameters: number): string | undefined {
    const existing = names.get(text);
    if (
      existing ||
      parameters === 0 ||
      parameters > MOST_NAMED_PARAMETERS ||
      names.size >= MOST_NAMED_STATEMENTS
    )
      return existing;
    const name = `s${names.size}`;
    names.set(text, name);
    return name;
  }

  async function connect() {
    const client = await pool.connect().catch((error: unknown) => {
      throw withSqlState(error);
    });
    let isBroken = false;
    return {
      async query(text: string, parameters: readonly unknown[]) {
        const name = nameOf(text, parameters.length);
        try {
          const result: unknown = await client.query({
            text,
            values: parameters.map(withoutNul),
            ...(name && { name }),
          });
          // Of several statements in one text, the result of the last one counts.
          return Array.isArray(result) ? result.at(-1) : result;
        } catch (error) {
          isBroken ||= mustDiscard(error);
          throw withSqlState(error);
        }
      },
      release: () => client.release(isBroken),
    };
  }

  return { connect: connect as unknown as PostgresPool['connect'], end: () => pool.end() };
}

/**
 * Creates Kysely's PostgreSQL dialect with named statements, text that compares by bytes, and errors that all have a code.
 */
export function createPostgresDialect(pool: pg.Pool): Dialect {
  const config = { pool: namingPool(pool) };
  const dialect = new PostgresDialect(config);
  dialect.createDriver = () => new PostgresDriver(config);
  dialect.createQueryCompiler = () => new BytewiseCompiler();
  return dialect;
}
