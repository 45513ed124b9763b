import { createHash } from 'node:crypto';
import type pg from 'pg';
import { errorCodeOf } from '../errors.ts';

/** The most statements that get a name. */
const MOST_NAMED_STATEMENTS = 500;
/** The most parameters of a statement with a name: more than a row of `tokens` has. */
const MOST_NAMED_PARAMETERS = 40;

/** The SQLSTATE of a failed connection, for which the client library throws errors without a code. */
export const CONNECTION_FAILURE = '08006';
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The response to a statement. */
export interface Response {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

/** A connection of the pool. Statements are sent without waiting for the responses to earlier ones, which come in order. */
interface NamingClient {
  query(text: string, parameters: readonly unknown[]): Promise<Response>;
  /** Returns whether the state of the connection is unknown. */
  isBroken(): boolean;
  /** Gives the connection back, or closes it if it is broken. */
  release(): void;
}

/** A pool that names the statements of its connections. Its errors all have a code. */
export interface NamingPool {
  connect(): Promise<NamingClient>;
  end(): Promise<void>;
}

/** Returns whether an error comes from the operating system. Its code can look like a SQLSTATE, as `EPIPE` does. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** Returns the SQLSTATE of an error that the database sent; `null` for any other error. */
export function sqlStateOf(error: unknown): string | null {
  const code = errorCodeOf(error);
  return code !== null && SQLSTATE.test(code) && !isSystemError(error) ? code : null;
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
 * Holds what is written to a connection until the promises that are ready have run. Statements that do not wait for each other
 * then take one system call together, which costs as much as all other work of sending one.
 */
function sendTogether({ connection: { stream } }: pg.PoolClient): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * Wraps a pool for Kysely and names its statements. Kysely does not name them, so PostgreSQL would parse and plan each one
 * again, which takes longer than a point read. Statements with long lists get no name, because each length is another text.
 */
export function createNamingPool(pool: pg.Pool): NamingPool {
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
    // The same text has the same name everywhere, so that pools can share connections.
    const name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
    return name;
  }

  async function connect(): Promise<NamingClient> {
    const client = await pool.connect().catch((error: unknown) => {
      throw withSqlState(error);
    });
    let isBroken = false;
    return {
      async query(text, parameters) {
        const name = nameOf(text, parameters.length);
        sendTogether(client);
        try {
          const result: unknown = await client.query({
            text,
            values: parameters.map(withoutNul),
            ...(name && { name }),
          });
          // Of several statements in one text, the result of the last one counts.
          return (Array.isArray(result) ? result.at(-1) : result) as Response;
        } catch (error) {
          isBroken ||= mustDiscard(error);
          throw withSqlState(error);
        }
      },
      isBroken: () => isBroken,
      release: () => client.release(isBroken),
    };
  }

  return { connect, end: () => pool.end() };
}
