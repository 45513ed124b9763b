import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Ask } from '../domain/authority.ts';
import { badInput, failure, PosternError } from '../domain/errors.ts';
import type { Limits } from '../domain/limits.ts';
import type { Message } from '../domain/message.ts';
import { credentialIdOf, type Principal } from '../domain/principal.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { ChangeHints } from '../storage/change-hints.ts';
import type { Executor } from '../storage/database.ts';
import type { ForeignChanges } from '../storage/foreign-changes.ts';
import { findLastSequence, findMessageAfter, findSequence } from '../storage/messages.ts';
import type { Announcements } from './announcements.ts';
import type { Authentication } from './authentication.ts';
import { judge } from './authority.ts';
import type { Caller } from './caller.ts';
import { type LastUse, recordUse } from './last-use.ts';
import { createStream, type Delivery, type Stream } from './stream.ts';

/** How long an idle stream may outlive its right, at most, before it looks. */
const LOOK_EVERY_MS = 250;
/** Streams that look at once, before other requests have their turn. */
const WOKEN_AT_ONCE = 50;

export interface FollowRequest {
  readonly caller: Caller;
  /** Aborted when the caller has gone; the stream ends then, whether anybody reads it or not. */
  readonly gone: AbortSignal;
  /** What following the channel needs. */
  readonly ask: Ask;
  readonly channelId: string;
  /** The last message that the caller has seen; left out, only what is published from now on is brought. */
  readonly after?: string | null | undefined;
}

/** Live streams of messages. */
export interface Streams {
  /**
   * Follows a channel for as long as the caller may: who the caller is, and whether it may, is asked again for each message.
   * An idle stream ends within half a second of losing its right. Throws the refusal, `LIMIT_REACHED` on too many streams
   * of one credential, or `BAD_USER_INPUT` where `after` is no message that the channel keeps.
   */
  follow(request: FollowRequest): Promise<AsyncIterableIterator<Delivery>>;
  /** How many are open. */
  count(): number;
  /** Ends every stream; new ones are refused with `UNAVAILABLE`. */
  close(): void;
}

interface OpenStream {
  readonly stream: Stream;
  readonly channelId: string;
  /** Who follows, as of the last time that was asked. */
  principal: Principal;
}

/** Streams over a database. One timer serves all of them. */
export function createStreams(deps: {
  db: Executor;
  changedElsewhere: ForeignChanges;
  hints: ChangeHints;
  clock: Clock;
  logger: Logger;
  limits: Limits;
  authentication: Authentication;
  announcements: Announcements;
  lastUse: LastUse;
}): Streams {
  const { db, changedElsewhere, hints, clock, logger, limits, authentication, announcements, lastUse } = deps;
  const open = new Set<OpenStream>();
  /** Whether rights may have changed since every stream last looked. */
  let unsure = false;
  let looking: Promise<void> | null = null;
  let listening = false;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  /** The reads under way: streams that stand at the same place and look at once share one. */
  const reads = new Map<string, Promise<Message | null>>();

  function messageAfter(channelId: string, sequence: number): Promise<Message | null> {
    const place = `${channelId} ${sequence}`;
    const shared = reads.get(place);
    if (shared) return shared;
    const read = findMessageAfter(db, channelId, sequence).finally(() => {
      if (reads.get(place) === read) reads.delete(place);
    });
    reads.set(place, read);
    return read;
  }

  async function wake(streams: readonly OpenStream[]): Promise<void> {
    // Who is woken must not share a read that began before there was reason to.
    reads.clear();
    for (const [index, { stream }] of streams.entries()) {
      if (index > 0 && index % WOKEN_AT_ONCE === 0) await othersTurn();
      stream.wake();
    }
  }

  /** Wakes the streams that may have lost their right: all after a change, here or in another process; else the expired. */
  async function look(): Promise<void> {
    const all = (await changedElsewhere()) || unsure;
    unsure = false;
    const now = clock();
    await wake([...open].filter(({ principal }) => all || hasEnded(principal, now)));
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

  /** From the first stream on: before, there is nobody to wake. */
  function listen(): void {
    if (listening) return;
    listening = true;
    hints.listen(() => {
      if (open.size > 0) void lookNow();
    });
  }

  function lookLater(): void {
    timer ??= setTimeout(async () => {
      await lookNow();
      timer = null;
      if (open.size > 0) lookLater();
    }, LOOK_EVERY_MS).unref();
  }

  async function identify({ caller, ask }: FollowRequest): Promise<Principal> {
    const principal = await authentication.recall(db, caller.credential);
    await judge(db, principal, ask);
    return principal;
  }

  async function startOf({ channelId, after }: FollowRequest): Promise<number> {
    const start =
      after == null ? await findLastSequence(db, channelId) : await findSequence(db, channelId, after);
    if (start !== null) return start;
    throw after == null
      ? failure('NOT_FOUND')
      : badInput(['after'], 'is not a message that the channel keeps');
  }

  function requireRoom(principal: Principal): void {
    const id = credentialIdOf(principal);
    const count = [...open].filter((other) => credentialIdOf(other.principal) === id).length;
    if (count < limits.streamsPerCredential) return;
    throw failure('LIMIT_REACHED', `A credential has at most ${limits.streamsPerCredential} open streams.`);
  }

  function openStream(request: FollowRequest, start: number, principal: Principal): Stream {
    const { channelId, caller, gone } = request;
    const source = {
      messageAfter: (sequence: number) => messageAfter(channelId, sequence),
      async mayFollow() {
        try {
          entry.principal = await identify(request);
          return true;
        } catch (error) {
          if (error instanceof PosternError) return false;
          throw error;
        }
      },
      used: () => recordUse({ lastUse, clock }, caller, entry.principal),
    };
    const entry: OpenStream = {
      stream: createStream(source, start, () => open.delete(entry)),
      channelId,
      principal,
    };
    open.add(entry);
    listen();
    lookLater();
    gone.addEventListener('abort', entry.stream.end);
    if (gone.aborted) entry.stream.end();
    return entry.stream;
  }

  announcements.on('authority', () => {
    unsure = true;
  });
  announcements.on('message', (channelId) =>
    wake([...open].filter((other) => other.channelId === channelId)),
  );

  return {
    async follow(request) {
      const principal = await identify(request);
      const start = await startOf(request);
      if (closed) throw failure('UNAVAILABLE', 'Postern is shutting down.');
      requireRoom(principal);
      return openStream(request, start, principal);
    },

    count: () => open.size,

    close() {
      closed = true;
      for (const { stream } of open) stream.end();
      if (timer) clearTimeout(timer);
    },
  };
}

function hasEnded(principal: Principal, now: number): boolean {
  return principal.kind !== 'ANONYMOUS' && principal.endsAt !== null && principal.endsAt <= now;
}
