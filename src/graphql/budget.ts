import pLimit, { type LimitFunction } from 'p-limit';
import { failure } from '../domain/errors.ts';

/**
 * The budget of one operation, in units of about a microsecond of the event loop. A page of 100 tokens with all their
 * fields costs about 10,000 units.
 */
export const UNITS_MAX = 100_000;

/** The message of an operation that exceeds its budget. */
export const OVER_BUDGET = 'The operation exceeds its budget. Request fewer fields or smaller pages.';

/** Prices in units. A scalar field costs one. */
export const PRICE = {
  /** A row of a list, or an object. */
  row: 5,
  /** An object that a loader finds for a row. */
  object: 10,
  /** A field that runs one or two statements: one that authorizes, reads a list or runs a check. */
  statement: 50,
  /** The statement that counts a list. */
  count: 20,
  /** The number of rows that are counted for one unit. */
  counted: 5,
  /** The number of rows that a filter reads without a match for one unit. */
  scanned: 2,
  /** The number of introspection fields and objects for one unit. They are all in memory. */
  introspected: 4,
  /** A field error. Hundreds of fields can be refused after the budget is spent. */
  refusal: 100,
  /** A mutation: a transaction with its audit event. */
  mutation: 500,
  /** The number of bytes of stored JSON for one unit. JSON is parsed and serialized again. */
  bytes: 8,
} as const;

/** The number of units after which an operation gives other requests a turn of the event loop. */
export const SLICE = 1_000;

/** The number of lists that one operation reads at the same time. Each reserves the units of a full page. */
const LISTS_AT_ONCE = 4;

/** Returns the units that stored JSON of a size costs. */
export function bytesToUnits(bytes: number): number {
  return Math.ceil(bytes / PRICE.bytes);
}

/** The budget of one operation. */
export interface Budget {
  /**
   * Charges units before the work. Returns `undefined` if the work can start immediately, or a promise that resolves after
   * other requests had a turn. Throws `LIMIT_REACHED` if fewer units are left.
   */
  take(units: number): Promise<void> | undefined;
  /**
   * Does the same as `take`, but a refusal can also be a rejected promise: hundreds of fields may be refused, and other
   * requests have turns in between. The caller must await the promise.
   */
  takeInTurn(units: number): Promise<void> | undefined;
  /** Does the same as `take`, for work whose units are charged already. */
  pace(units: number): Promise<void> | undefined;
  /** Throws `LIMIT_REACHED` if fewer units are left. */
  require(units: number): void;
  /** Charges `most` units, does the work, and refunds the units above those that `used` returns for the result. */
  read<T>(most: number, work: () => Promise<T>, used: (result: T) => number): Promise<T>;
  /** Returns the units charged so far. */
  spent(): number;
  /** Resets the budget, for the next event of a stream. */
  renew(): void;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Returns a budget to which the units in `certain` are charged already. */
export function createBudget(certain: number): Budget {
  let spent = certain;
  let sinceTurn = 0;
  let turn: Promise<void> | undefined;
  let reading = 0;
  /** Created when more than `LISTS_AT_ONCE` lists are to be read. */
  let lists: LimitFunction | undefined;
  /** One error for all refusals of an operation, since a stack trace costs more than what is refused. */
  let refusal: Error | undefined;

  function require(units: number): void {
    if (spent + units <= UNITS_MAX) return;
    refuse();
  }

  function refuse(): never {
    refusal ??= failure('LIMIT_REACHED', OVER_BUDGET);
    throw refusal;
  }

  function take(units: number): Promise<void> | undefined {
    require(units);
    spent += units;
    return pace(units);
  }

  function takeInTurn(units: number): Promise<void> | undefined {
    if (spent + units <= UNITS_MAX) return take(units);
    const pause = pace(PRICE.refusal);
    return pause ? pause.then(refuse) : refuse();
  }

  function pace(units: number): Promise<void> | undefined {
    sinceTurn += units;
    if (sinceTurn > SLICE) {
      sinceTurn = units;
      turn = turn ? turn.then(nextTurn) : nextTurn();
    }
    return turn;
  }

  return {
    take,
    takeInTurn,
    pace,
    require,
    spent: () => spent,
    renew: () => {
      spent = 0;
    },
    read(most, work, used) {
      const read = async () => {
        reading += 1;
        let actual = 0;
        let taken = 0;
        try {
          const pause = takeInTurn(most);
          if (pause) await pause;
          taken = most;
          const result = await work();
          actual = Math.min(most, used(result));
          return result;
        } finally {
          spent -= taken - actual;
          reading -= 1;
        }
      };
      if (reading < LISTS_AT_ONCE && !lists) return read();
      lists ??= pLimit(LISTS_AT_ONCE);
      return lists(read);
    },
  };
}
