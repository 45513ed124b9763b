import {
  CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  type Kysely,
  type QueryResult,
  Transaction,
} from 'kysely';
import { isDeferrable } from '../deferred.ts';
import type { Tables } from '../tables.ts';
import type { NamingPool, Response } from './naming-pool.ts';

/** The level is stated because the default of the database can be another one: each statement must see all earlier commits. */
const BEGIN = CompiledQuery.raw('start transaction isolation level read committed');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'];

/** A transaction on a connection of its own. Its statements travel without waiting for each other. */
export interface OpenTransaction {
  /** Returns a view of the transaction for one work. */
  member(): Member;
  /**
   * Commits, and resolves when the commit is acknowledged. Throws the error of the first statement that failed, even if
   * nothing waited for that statement.
   */
  commit(): Promise<void>;
  /** Undoes everything, and gives the connection back. Does not throw. */
  rollback(): Promise<void>;
}

/** The transaction as one of several works in it sees it. */
export interface Member {
  readonly tx: Transaction<Tables>;
  /** Returns whether the work has sent anything but reads. */
  hasWritten(): boolean;
}

function toResult({ command, rowCount, rows }: Response): QueryResult<never> {
  const isWrite = WRITES.includes(command);
  return { rows: rows as never[], ...(isWrite && { numAffectedRows: BigInt(rowCount ?? 0) }) };
}

const isRead = ({ query }: CompiledQuery) => query.kind === 'SelectQueryNode';

/**
 * Begins a transaction with some statements. Neither the beginning nor a deferrable statement is waited for: they travel with
 * the next statement, in order. If one of them fails, every later statement and the commit throw its error. Only reads are
 * sent before the beginning is acknowledged, because without a transaction a write would be stored by itself.
 */
export async function beginTransaction(
  db: Kysely<Tables>,
  pool: NamingPool,
  first: readonly CompiledQuery[],
): Promise<OpenTransaction> {
  const client = await pool.connect();
  let failure: { readonly error: unknown } | null = null;
  let hasBegun = false;

  function send({ sql, parameters }: CompiledQuery): Promise<Response> {
    const response = client.query(sql, parameters);
    response.catch((error: unknown) => {
      failure ??= { error };
    });
    return response;
  }

  /** Returns a response. Throws the first error of the transaction, on which the later ones only follow. */
  async function receive(response: Promise<Response>): Promise<Response> {
    const received = await response.catch(() => null);
    if (failure) throw failure.error;
    return received as Response;
  }

  const begun = Promise.all([BEGIN, ...first].map(send));
  begun.then(
    () => {
      hasBegun = true;
    },
    () => {},
  );

  async function execute(query: CompiledQuery): Promise<QueryResult<never>> {
    if (!hasBegun && !isRead(query)) await begun;
    const response = send(query);
    return isDeferrable(query) ? { rows: [] } : toResult(await receive(response));
  }

  function member(): Member {
    let hasWritten = false;
    const connection: DatabaseConnection = {
      executeQuery(query) {
        hasWritten ||= !isRead(query);
        return execute(query);
      },
      streamQuery() {
        throw new Error('a transaction does not stream');
      },
    };
    const executor = db
      .getExecutor()
      .withConnectionProvider({ provideConnection: (consumer) => consumer(connection) });
    const driver = new DummyDriver();
    const dialect = { createDriver: () => driver } as never;
    return {
      tx: new Transaction({ config: { dialect }, dialect, driver, executor } as never),
      hasWritten: () => hasWritten,
    };
  }

  return {
    member,
    async commit() {
      const { command } = await receive(send(COMMIT));
      if (command !== 'COMMIT') throw new Error(`the commit of a transaction returned ${command}`);
      client.release();
    },
    async rollback() {
      // Closing a broken connection ends the transaction, and a response may never come.
      if (!client.isBroken()) await send(ROLLBACK).catch(() => {});
      client.release();
    },
  };
}
