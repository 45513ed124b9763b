import pLimit, { type LimitFunction } from 'p-limit';
import { failure } from '../domain/errors.ts';

/**
 * What one operation may use, in units of about a microsecond of the event loop. A page of 100 tokens with all their
 * fields takes 10,000 of them, GraphiQL's introspection as many.
 */
export const UNITS_MAX = 100_000;

/** Prices in units. A field of a row costs one; what takes a query or makes an object costs more. */
export const PRICE = {
  /** A row that is read, or an object that is made. */
  row: 5,
  /** An object of a row that a loader finds. */
  object: 10,
  /** A field that judges, reads a list, counts or checks: a statement or two. */
  statement: 50,
  /** The statement that counts a list. */
  count: 20,
  /** How many rows cost one to be counted. */
  counted: 5,
  /** How many fields and objects of an introspection cost one: they are all in memory. */
  introspected: 4,
  /** A field error: hundreds of fields may be refused after the budget is spent. */
  refusal: 100,
  /** A change: a transaction with its audit row. */
  mutation: 500,
  /** How many bytes of stored JSON cost one: they are parsed, and written again. */
  bytes: 8,
} as const;

/** After so many units, an operation lets other requests in. */
export const SLICE = 3_000;

/** So many lists of one operation are read at the same time; each holds units for a full page until it is read. */
const LISTS_AT_ONCE = 4;

/** The units that stored JSON of so many bytes costs. */
export function bytesToUnits(bytes: number): number {
  return Math.ceil(bytes / PRICE.bytes);
}

/** The units of one operation. */
export interface Budget {
  /**
   * Takes units before work is done. Resolves once other requests had their turn; `undefined` if it need not be waited
   * for. Throws `LIMIT_REACHED` if fewer are left.
   */
  take(units: number): Promise<void> | undefined;
  /** Resolves once other requests had their turn before work for which units have been taken already. */
  pace(units: number): Promise<void> | undefined;
  /** Throws `LIMIT_REACHED` if fewer units are left. */
  require(units: number): void;
  /** Does work for which at most `most` units are taken in advance, then gives back what `used` says was not needed. */
  read<T>(most: number, work: () => Promise<T>, used: (result: T) => number): Promise<T>;
  /** The units taken so far. */
  spent(): number;
  /** Resets the units taken to zero, for the next event of a stream. */
  renew(): void;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A budget of which nothing but `certain` has been taken. */
export function createBudget(certain: number): Budget {
  let spent = certain;
  let sinceTurn = 0;
  let turn: Promise<void> | undefined;
  let reading = 0;
  /** Made once more lists are read than at once. */
  let lists: LimitFunction | undefined;
  /** One for all refusals of an operation: a stack trace for each would cost more than what is refused. */
  let refusal: Error | undefined;

  function require(units: number): void {
    if (spent + units <= UNITS_MAX) return;
    refuse();
  }

  function refuse(): never {
    refusal ??= failure(
      'LIMIT_REACHED',
      'The operation asks for too much: ask for fewer fields and smaller pages.',
    );
    throw refusal;
  }

  function take(units: number): Promise<void> | undefined {
    if (spent + units > UNITS_MAX) return pace(PRICE.refusal)?.then(refuse) ?? refuse();
    spent += units;
    return pace(units);
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
          const pause = take(most);
          taken = most;
          if (pause) await pause;
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
