import type { DatabaseHandle } from '../../../src/storage/database.ts';

/** Which of two concurrent calls. */
export type CallIndex = 0 | 1;

/** How two calls meet. */
export interface MeetingMode {
  /** The call that ends before the other commits. */
  readonly early: CallIndex;
  /** How many transactions of the early and of the late call go through before they meet. */
  readonly after: readonly [early: number, late: number];
}

/** Makes two calls meet in their transactions, so that each has read before the other commits. */
export interface Meeting {
  /** Returns the database of a call, whose transactions take part in the meeting if they lock something. */
  databaseOf(call: CallIndex, handle: DatabaseHandle): DatabaseHandle;
  /**
   * Makes both calls, first the one that is early. It commits when the other has done the work of a transaction too. The other
   * commits after the early call has ended. If locks keep two transactions apart, the next ones meet.
   */
  run<T>(mode: MeetingMode, calls: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]>;
}

/** Creates meetings. `isWaiting` returns whether a transaction waits for a lock in the database. */
export function createMeeting(isWaiting: () => Promise<boolean>): Meeting {
  let early: CallIndex | null = null;
  let isEarlyOver = false;
  let isLateReady = false;
  let isLateApart = false;
  let left = { early: 0, late: 0 };
  let beginLate = () => {};

  async function waitFor(isDue: () => boolean): Promise<void> {
    while (!isDue() && !(await isWaiting()));
  }

  async function meet(call: CallIndex): Promise<void> {
    if (early === null || left[call === early ? 'early' : 'late']-- > 0) return;
    if (call === early) {
      beginLate();
      await waitFor(() => isLateReady);
      isLateApart = !isLateReady;
    } else if (isLateApart) {
      isLateApart = false;
    } else {
      isLateReady = true;
      await waitFor(() => isEarlyOver);
    }
  }

  return {
    databaseOf: (call, handle) => ({
      ...handle,
      transact: (locks, work, options) =>
        handle.transact(
          locks,
          async (tx) => {
            const result = await work(tx);
            if (locks.length > 0) await meet(call);
            return result;
          },
          options,
        ),
    }),

    async run({ early: first, after }, calls) {
      left = { early: after[0], late: after[1] };
      [early, isEarlyOver, isLateReady, isLateApart] = [first, false, false, false];
      const isBegun = new Promise<void>((resolve) => {
        beginLate = resolve;
      });
      const ends = await Promise.allSettled(
        calls.map(async (call, index) => {
          if (index !== first) await isBegun;
          return call().finally(() => {
            if (index === first) isEarlyOver = true;
            else isLateReady = true;
            beginLate();
          });
        }),
      );
      early = null;
      return ends;
    },
  };
}
