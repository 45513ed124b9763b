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

const STATEMENTS_NAMED = 500;
const PARAMETERS_NAMED = 25;

/** SQLSTATE of a connection that failed, which the client library tells in words of its own. */
const CONNECTION_FAILURE = '08006';
const SQLSTATE = /^[0-9A-Z]{5}$/;

const INT8 = 20;
const NUMERIC = 1700;

/** All of our integers, counts and sums included, are exact as numbers; by itself the client gives them as text. */
export const TYPES = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 || oid === NUMERIC
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Makes every text column compare by its bytes, as SQLite's do, whatever language the database was created for. */
class BytewiseCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    const parent = this.parentNode;
    if (node.dataType === 'text' && parent && ColumnDefinitionNode.is(parent)) this.append(' collate "C"');
  }
}

/** The SQLSTATE of an error that the database itself answered with; `null` for any other. */
export function sqlStateOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && SQLSTATE.test(code) ? code : null;
}

/** What the database said, as it is; what says that it could not be asked, with a code that says so. */
function coded(error: unknown): unknown {
  if (sqlStateOf(error) !== null || error instanceof TypeError) return error;
  return Object.assign(new Error('The connection to the database failed.', { cause: error }), {
    code: CONNECTION_FAILURE,
  });
}

/** Whether a connection must not serve again: nobody knows its state, or its plans are those of an older schema. */
function spoils(error: unknown): boolean {
  return sqlStateOf(error) === null || (error as { routine?: string }).routine === 'RevalidateCachedQuery';
}

/** PostgreSQL's text has no NUL. Nothing that we store has one either: such a text is only ever looked for, in vain. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

/**
 * The pool as Kysely sees it, with named statements: Kysely names none, so that PostgreSQL would parse and plan each
 * anew, which takes longer than a point read itself. Statements with a long list get no name: each length is another.
 */
function namingPool(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();

  function nameOf(text: string, parameters: number): string | undefined {
    const known = names.get(text);
    if (known || parameters === 0 || parameters > PARAMETERS_NAMED || names.size >= STATEMENTS_NAMED)
      return known;
    const name = `s${names.size}`;
    names.set(text, name);
    return name;
  }

  async function connect() {
    const client = await pool.connect().catch((error: unknown) => {
      throw coded(error);
    });
    let spoilt = false;
    return {
      async query(text: string, parameters: readonly unknown[]) {
        const name = nameOf(text, parameters.length);
        try {
          const result: unknown = await client.query({
            text,
            values: parameters.map(withoutNul),
            ...(name && { name }),
          });
          // Of several statements in one text, the last is the one that was asked for.
          return Array.isArray(result) ? result.at(-1) : result;
        } catch (error) {
          spoilt ||= spoils(error);
          throw coded(error);
        }
      },
      release: () => client.release(spoilt),
    };
  }

  return { connect: connect as unknown as PostgresPool['connect'], end: () => pool.end() };
}

/**
 * Kysely's PostgreSQL dialect with named statements, text that compares by bytes, and errors that all have a code; where
 * a driver is given, with its transactions.
 */
export function createPostgresDialect(pool: pg.Pool, Driver = PostgresDriver): Dialect {
  const config = { pool: namingPool(pool) };
  const dialect = new PostgresDialect(config);
  dialect.createDriver = () => new Driver(config);
  dialect.createQueryCompiler = () => new BytewiseCompiler();
  return dialect;
}
