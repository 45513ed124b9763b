import type { Exchange, Operation, OperationResult } from 'urql';
import { empty, fromPromise, fromValue, makeSubject, merge, mergeMap, pipe, type Source, share } from 'wonka';
import type { Connection } from './connection.ts';
import { isReauthenticationRequired } from './errors.ts';

/** Asks the user to confirm who they are. Resolves with whether they did. Callers at the same time share one question. */
function createQuestion(connection: Connection): () => Promise<boolean> {
  let asking: Promise<boolean> | null = null;
  return () => {
    asking ??= new Promise<boolean>((resolve) => {
      function confirm(confirmed: boolean): void {
        // A late answer to an earlier question does not answer this one.
        if (connection.get().confirm !== confirm) return;
        asking = null;
        connection.update({ confirm: null });
        resolve(confirmed);
      }
      connection.update({ confirm });
    });
    return asking;
  };
}

/**
 * Holds back a mutation that requires a recent sign-in, asks the user to confirm who they are, and sends the mutation again.
 * So the form that sent it waits for one result and keeps what was entered. If the user declines, the form gets the refusal.
 */
export function reauthenticateAndRepeat(connection: Connection): Exchange {
  const ask = createQuestion(connection);
  return ({ forward }) => {
    const repeated = makeSubject<Operation>();

    function settle(result: OperationResult): Source<OperationResult> {
      const { operation, error } = result;
      if (operation.kind !== 'mutation' || !error || !isReauthenticationRequired(error))
        return fromValue(result);
      return pipe(
        fromPromise(ask()),
        mergeMap((confirmed) => {
          if (!confirmed) return fromValue(result);
          repeated.next(operation);
          return empty as Source<OperationResult>;
        }),
      );
    }

    return (operations$) => pipe(merge([operations$, repeated.source]), forward, mergeMap(settle), share);
  };
}
