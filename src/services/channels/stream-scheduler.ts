import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import type { ExternalCommits } from '../../storage/external-commits.ts';
import type { Notifier } from '../../storage/notifier.ts';
import { hasGrantingTokenExpired } from '../../storage/repositories/channel-shares.ts';
import type { Events } from '../transactions/events.ts';
import type { OpenStream, OpenStreams } from './open-streams.ts';

/** How often the permissions of idle streams are checked. */
const CHECK_INTERVAL_MS = 250;
/** The number of streams to wake before other requests can run. */
const WAKE_BATCH = 50;

/**
 * Wakes open streams so that they check their permission and look for a message. It wakes the streams of a channel on a
 * new message, each stream whose access has expired, and all streams if permissions may have changed: in this
 * process, in another one, or by the expiry of a token that shared a channel.
 */
export interface StreamScheduler {
  /** Starts the periodic checks, which continue while streams are open. Call it after a stream has opened. */
  start(): void;
  stop(): void;
}

function hasExpired({ endsAt }: OpenStream, now: number): boolean {
  return endsAt !== null && endsAt <= now;
}

/**
 * Returns the scheduler of the streams in `open`, which uses one timer. Calls `beforeWake` before each group of wakes.
 */
export function createStreamScheduler(deps: {
  db: Executor;
  open: OpenStreams;
  beforeWake: () => void;
  changedElsewhere: ExternalCommits;
  notifier: Notifier;
  clock: Clock;
  logger: Logger;
  events: Events;
}): StreamScheduler {
  const { db, open, beforeWake, changedElsewhere, notifier, clock, logger, events } = deps;
  /** Whether permissions may have changed since the last check. */
  let dirty = false;
  /** The instant of the last check for expired tokens, in milliseconds since the epoch. */
  let lastCheck = 0;
  let checking: Promise<void> | null = null;
  let listening = false;
  let timer: NodeJS.Timeout | null = null;

  async function wake(streams: readonly OpenStream[]): Promise<void> {
    beforeWake();
    for (const [index, { stream }] of streams.entries()) {
      if (index > 0 && index % WAKE_BATCH === 0) await letOthersRun();
      stream.wake();
    }
  }

  async function check(): Promise<void> {
    const now = clock();
    const changed = await changedElsewhere();
    const expired = await hasGrantingTokenExpired(db, lastCheck, now);
    // No await between reading and resetting `dirty`, so that no event is missed.
    const mayHaveChanged = changed || expired || dirty;
    dirty = false;
    lastCheck = now;
    await wake(open.all().filter((stream) => mayHaveChanged || hasExpired(stream, now)));
  }

  function checkNow(): Promise<void> {
    checking ??= check()
      .catch((error: unknown) => {
        dirty = true;
        logger.warn({ err: error }, 'could not check open streams');
      })
      .finally(() => {
        checking = null;
      });
    return checking;
  }

  function scheduleCheck(): void {
    timer ??= setTimeout(async () => {
      await checkNow();
      timer = null;
      if (open.count() > 0) scheduleCheck();
    }, CHECK_INTERVAL_MS).unref();
  }

  function listen(): void {
    if (listening) return;
    listening = true;
    notifier.listen(() => {
      if (open.count() > 0) void checkNow();
    });
  }

  events.on('authority', () => {
    dirty = true;
  });
  events.on('message', (channelId) => wake(open.following(channelId)));

  return {
    start() {
      listen();
      // Every stream is authorized when it opens, so only later expiries matter.
      if (timer === null) lastCheck = clock();
      scheduleCheck();
    },
    stop() {
      if (timer) clearTimeout(timer);
    },
  };
}
