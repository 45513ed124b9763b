import type { ChannelShare } from '../../domain/channel.ts';
import type { Executor } from '../../storage/database.ts';
import { findRecipients, findShares } from '../../storage/repositories/channel-shares.ts';

/**
 * The number of recipients in one statement. On SQLite it blocks the event loop for about 4 ms if they have every
 * operation, which is hardly more than for half as many.
 */
const RECIPIENTS_PER_STEP = 100;

/** Returns a promise that resolves when the shares of `recipients` users can be read; `undefined` for immediately. */
export type BeforeRecipients = (recipients: number) => Promise<void> | undefined;

/** Returns the shares of a channel in effect at `now`, ordered by user id. Calls `beforeStep` before each statement. */
export async function findSharesInSteps(
  db: Executor,
  channelId: string,
  now: number,
  beforeStep: BeforeRecipients,
): Promise<ChannelShare[]> {
  const recipients = await findRecipients(db, channelId);
  const shares: ChannelShare[] = [];
  for (let start = 0; start < recipients.length; start += RECIPIENTS_PER_STEP) {
    const step = recipients.slice(start, start + RECIPIENTS_PER_STEP);
    const pause = beforeStep(step.length);
    if (pause) await pause;
    const range = { first: step[0] as string, last: step.at(-1) as string };
    shares.push(...(await findShares(db, { channelId, recipients: range, now })));
  }
  return shares;
}
