import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Principal } from '../../domain/principal.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import type { ExternalCommits } from '../../storage/external-commits.ts';
import type { Notifier } from '../../storage/notifier.ts';
import { hasGrantingTokenExpired } from '../../storage/repositories/channel-shares.ts';
import type { Events } from '../transactions/events.ts';
import type { Stream } from './stream.ts';

/** How often the permissions of idle streams are checked. */
const LOOK_EVERY_MS = 250;
/** The number of streams that are woken together, before other requests run. */
const WOKEN_AT_ONCE = 50;

/** A stream that is open. */
export interface OpenStream {
  readonly stream: Stream;
  readonly channelId: string;
  /** The principal of the last check. */
  readonly principal: Principal;
}

/**
 * Wakes streams when they have reason to look: those of a channel for its new message; all when rights may have changed,
 * here or in another process, or by the expiry of a token that shared a channel; and one whose credential has expired.
 */
export interface StreamWakes {
  /** Begins, unless it has, and goes on for as long as streams are open. */
  start(): void;
  stop(): void;
}

function hasExpired({ principal }: OpenStream, now: number): boolean {
  return principal.kind !== 'ANONYMOUS' && principal.endsAt !== null && principal.endsAt <= now;
}

/** Wakes for a set of streams, all by one timer. `beforeWaking` is called each time before some are woken. */
export function createStreamWakes(deps: {
  db: Executor;
  open: ReadonlySet<OpenStream>;
  beforeWaking: () => void;
  changedElsewhere: ExternalCommits;
  notifier: Notifier;
  clock: Clock;
  logger: Logger;
  events: Events;
}): StreamWakes {
  const { db, open, beforeWaking, changedElsewhere, notifier, clock, logger, events } = deps;
  /** Whether permissions can have changed since every stream was last checked. */
  let unsure = false;
  /** The instant up to which expired tokens are known not to concern the streams. */
  let lastLook = 0;
  let looking: Promise<void> | null = null;
  let listening = false;
  let timer: NodeJS.Timeout | null = null;

  async function wake(streams: readonly OpenStream[]): Promise<void> {
    beforeWaking();
    for (const [index, { stream }] of streams.entries()) {
      if (index > 0 && index % WOKEN_AT_ONCE === 0) await othersTurn();
      stream.wake();
    }
  }

  async function look(): Promise<void> {
    const now = clock();
    const changed = await changedElsewhere();
    const expired = await hasGrantingTokenExpired(db, lastLook, now);
    // Nothing is awaited between reading and resetting it.
    const mayHaveChanged = changed || expired || unsure;
    unsure = false;
    lastLook = now;
    await wake([...open].filter((stream) => mayHaveChanged || hasExpired(stream, now)));
  }

  function lookNow(): Promise<void> {
    looking ??= look()
      .catch((error: unknown) => {
        unsure = true;
        logger.warn({ err: error }, 'open streams could not be judged');
      })
      .finally(() => {
        looking = null;
      });
    return looking;
  }

  function lookLater(): void {
    timer ??= setTimeout(async () => {
      await lookNow();
      timer = null;
      if (open.size > 0) lookLater();
    }, LOOK_EVERY_MS).unref();
  }

  /** Starts with the first stream. */
  function listen(): void {
    if (listening) return;
    listening = true;
    notifier.listen(() => {
      if (open.size > 0) void lookNow();
    });
  }

  events.on('authority', () => {
    unsure = true;
  });
  events.on('message', (channelId) => wake([...open].filter((other) => other.channelId === channelId)));

  return {
    start() {
      listen();
      // Every stream is authorized when it opens, so only later expiries matter.
      if (timer === null) lastLook = clock();
      lookLater();
    },
    stop() {
      if (timer) clearTimeout(timer);
    },
  };
}
