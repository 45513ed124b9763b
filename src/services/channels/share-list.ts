import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChannelShare } from '../../domain/channel.ts';
import type { Executor } from '../../storage/database.ts';
import { findRecipients, findShares } from '../../storage/repositories/channel-shares.ts';

/** Shares of so many people are judged at once; then others have their turn. */
const RECIPIENTS_A_STEP = 100;

/** The shares of a channel that hold at an instant, in the order of their users' ids. */
export async function findSharesInSteps(
  db: Executor,
  channelId: string,
  now: number,
): Promise<ChannelShare[]> {
  const recipients = await findRecipients(db, channelId);
  const shares: ChannelShare[] = [];
  for (let start = 0; start < recipients.length; start += RECIPIENTS_A_STEP) {
    if (start > 0) await nextTurn();
    const step = recipients.slice(start, start + RECIPIENTS_A_STEP);
    const range = { first: step[0] as string, last: step.at(-1) as string };
    shares.push(...(await findShares(db, { channelId, recipients: range, now })));
  }
  return shares;
}
