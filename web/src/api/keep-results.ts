import { type CombinedError, type Exchange, makeOperation, type Operation, type OperationResult } from 'urql';
import { map, pipe, tap } from 'wonka';
import type { Connection } from './connection.ts';
import { isLostAccess } from './errors.ts';

interface FailedQuery {
  readonly operation: Operation;
  readonly error: CombinedError;
  /** Whether the page still shows an earlier result. */
  readonly shown: boolean;
}

/** Stores the last result of each query on the page, and which queries have failed since. */
function createQueryMemory(connection: Connection, resend: (operation: Operation) => void) {
  const results = new Map<number, unknown>();
  const failed = new Map<number, FailedQuery>();
  const retried = new Set<number>();
  const active = new Map<number, Operation>();
  const underWay = new Set<number>();
  /** Queries under way whose results can be older than a change. The client would not send them a second time meanwhile. */
  const overtaken = new Set<number>();

  function report(): void {
    const hidden = [...failed.values()].find(({ shown }) => shown);
    connection.update({ outdated: hidden?.error ?? null, retrying: retried.size > 0 });
  }

  /** Records the end of a query, and sends it again if its result can be older than a change. */
  function arrived(operation: Operation): void {
    underWay.delete(operation.key);
    if (overtaken.delete(operation.key)) resend(operation);
  }

  return {
    succeeded(operation: Operation, data: unknown, stale: boolean): void {
      const { key } = operation;
      results.set(key, data);
      if (stale) return;
      arrived(operation);
      failed.delete(key);
      retried.delete(key);
      report();
    },
    /** Records a failure. Returns the last data; `undefined` if there is none. */
    failed(operation: Operation, error: CombinedError): unknown {
      const last = results.get(operation.key);
      arrived(operation);
      if (operation.kind === 'query')
        failed.set(operation.key, { operation, error, shown: last !== undefined });
      retried.delete(operation.key);
      report();
      return last;
    },
    /** Records an operation that the page sends. */
    sent(operation: Operation): void {
      if (operation.kind !== 'query') return;
      active.set(operation.key, operation);
      underWay.add(operation.key);
    },
    /** Records a change. What it can have changed is read again, also by a query that the server may have answered before. */
    changed({ context: { additionalTypenames: types = [] } }: Operation): void {
      for (const key of underWay) {
        const read = active.get(key)?.context.additionalTypenames ?? [];
        if (types.some((type) => read.includes(type))) overtaken.add(key);
      }
    },
    forget({ key }: Operation): void {
      active.delete(key);
      underWay.delete(key);
      overtaken.delete(key);
      results.delete(key);
      failed.delete(key);
      retried.delete(key);
      report();
    },
    refresh(): void {
      for (const operation of [...active.values()]) {
        if (underWay.has(operation.key)) overtaken.add(operation.key);
        else resend(operation);
      }
    },
    retry(): void {
      for (const key of failed.keys()) retried.add(key);
      report();
      for (const { operation } of [...failed.values()]) resend(operation);
    },
  };
}

/** Functions that send queries of the page again: those that failed, or all. */
export interface Resending {
  readonly retry: () => void;
  readonly refresh: () => void;
}

/**
 * Keeps the last data of a query that succeeded before and now fails, and reports the failure to `connection` instead.
 * `onReady` receives functions that send queries again. Failed queries are also sent again after each successful mutation,
 * and all after one that the user is not allowed to do, because the page is then out of date. A query that is under way when a
 * mutation succeeds is sent again once its result is there, because the server may have answered it before.
 */
export function keepResults(connection: Connection, onReady: (resending: Resending) => void): Exchange {
  return ({ client, forward }) => {
    const memory = createQueryMemory(connection, (operation) =>
      client.reexecuteOperation(makeOperation('query', operation, { requestPolicy: 'network-only' })),
    );
    onReady(memory);

    function settle(result: OperationResult): OperationResult {
      const { operation, error } = result;
      if (operation.kind === 'mutation') {
        if (result.data) {
          memory.changed(operation);
          memory.retry();
        } else if (error && isLostAccess(error)) memory.refresh();
        return result;
      }
      if (!error || result.data) {
        memory.succeeded(operation, result.data, result.stale);
        return result;
      }
      const data = memory.failed(operation, error);
      const replaced = { ...result, data };
      return operation.kind === 'query' && data !== undefined ? { ...replaced, error: undefined } : replaced;
    }

    return (operations$) =>
      pipe(
        operations$,
        tap((operation) =>
          operation.kind === 'teardown' ? memory.forget(operation) : memory.sent(operation),
        ),
        forward,
        map(settle),
      );
  };
}
