import type { AccessRequest } from '../../domain/authority.ts';
import { requireGrant } from '../../domain/decision.ts';
import { badInput, failure, PosternError } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Message } from '../../domain/message.ts';
import { credentialIdOf, type Principal } from '../../domain/principal.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import type { ExternalCommits } from '../../storage/external-commits.ts';
import type { Notifier } from '../../storage/notifier.ts';
import { findLastSequence, findMessageAfter, findSequence } from '../../storage/repositories/messages.ts';
import type { StreamSlot, StreamSlots } from '../../storage/stream-slots.ts';
import type { Authentication } from '../access/authentication.ts';
import { authorize } from '../access/authorize.ts';
import type { Caller } from '../access/caller.ts';
import { type LastUse, recordUse } from '../access/last-use.ts';
import type { Events } from '../transactions/events.ts';
import { createStream, type Delivery, type Stream } from './stream.ts';
import { createStreamWakes, type OpenStream } from './stream-scheduler.ts';

export interface FollowRequest {
  readonly caller: Caller;
  /** Aborts when the client disconnects. The stream then ends, even if no one reads it. */
  readonly signal: AbortSignal;
  /** What following the channel needs. */
  readonly ask: AccessRequest;
  readonly channelId: string;
  /** The last message that the caller received; without it, the stream starts with the next message. */
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

/** Reads messages for streams. Streams at the same position that read at the same time share one read. */
function createSharedReads(db: Executor) {
  const underWay = new Map<string, Promise<Message | null>>();
  return {
    messageAfter(channelId: string, sequence: number): Promise<Message | null> {
      const place = `${channelId} ${sequence}`;
      const shared = underWay.get(place);
      if (shared) return shared;
      const read = findMessageAfter(db, channelId, sequence).finally(() => {
        if (underWay.get(place) === read) underWay.delete(place);
      });
      underWay.set(place, read);
      return read;
    },
    /** Stops sharing the reads that have begun: a stream that is woken from now on must see newer messages. */
    begin: () => underWay.clear(),
  };
}

/** Streams over a database. */
export function createStreams(deps: {
  db: Executor;
  changedElsewhere: ExternalCommits;
  notifier: Notifier;
  slots: StreamSlots;
  clock: Clock;
  logger: Logger;
  limits: Limits;
  authentication: Authentication;
  events: Events;
  lastUse: LastUse;
}): Streams {
  const { db, clock, limits, authentication, lastUse } = deps;
  const open = new Set<OpenStream>();
  const reads = createSharedReads(db);
  const wakes = createStreamWakes({ ...deps, open, beforeWaking: reads.begin });
  let closed = false;

  async function identify({ caller, ask }: FollowRequest): Promise<Principal> {
    const principal = await authentication.reauthenticate(caller.credential);
    requireGrant(await authorize(db, principal, ask, clock()));
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

  async function takeSlot(principal: Principal, onLost: () => void): Promise<StreamSlot> {
    const id = credentialIdOf(principal);
    if (id === null) throw failure('UNAUTHENTICATED');
    const most = limits.streamsPerCredential;
    const slot = await deps.slots.take(id, most, onLost);
    if (!slot)
      throw failure('LIMIT_REACHED', `A credential can have at most ${most} open streams. Close some first.`);
    return slot;
  }

  function openStream(
    request: FollowRequest,
    start: number,
    principal: Principal,
    onEnd: () => void,
  ): Stream {
    const { channelId, caller, signal } = request;
    let follower = principal;
    const source = {
      messageAfter: (sequence: number) => reads.messageAfter(channelId, sequence),
      async mayFollow() {
        try {
          follower = await identify(request);
          return true;
        } catch (error) {
          if (error instanceof PosternError) return false;
          throw error;
        }
      },
      used: () => recordUse({ lastUse, clock }, caller, follower),
    };
    const entry: OpenStream = {
      stream: createStream(source, start, () => {
        open.delete(entry);
        onEnd();
      }),
      channelId,
      get principal() {
        return follower;
      },
    };
    open.add(entry);
    wakes.start();
    signal.addEventListener('abort', entry.stream.end);
    if (signal.aborted) entry.stream.end();
    return entry.stream;
  }

  return {
    async follow(request) {
      const principal = await identify(request);
      const start = await startOf(request);
      let stream: Stream | null = null;
      let lost = false;
      const slot = await takeSlot(principal, () => {
        lost = true;
        stream?.end();
      });
      if (closed || lost) {
        slot.release();
        throw failure('UNAVAILABLE', closed ? 'Postern is shutting down.' : undefined);
      }
      stream = openStream(request, start, principal, slot.release);
      return stream;
    },

    count: () => open.size,

    close() {
      closed = true;
      for (const { stream } of open) stream.end();
      wakes.stop();
    },
  };
}
