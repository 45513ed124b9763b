import type { ChannelShare } from '../../domain/channel.ts';
import type { Executor } from '../../storage/database.ts';
import { findRecipients, findShares } from '../../storage/repositories/channel-shares.ts';

/**
 * The number of recipients whose shares are checked in one statement. On SQLite a statement blocks the event loop: about
 * 4 ms for 50 recipients with every operation.
 */
const RECIPIENTS_PER_STEP = 50;

/** Resolves when the shares of a number of recipients can be checked; `undefined` if that is immediately. */
export type BeforeRecipients = (recipients: number) => Promise<void> | undefined;

/** Returns the shares of a channel that are valid at an instant, ordered by user id. Calls `beforeStep` for each statement. */
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
