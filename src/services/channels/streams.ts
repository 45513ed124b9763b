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
import { createOpenStreams, type OpenStream } from './open-streams.ts';
import { createStream, type Delivery, type Stream } from './stream.ts';
import { createStreamScheduler } from './stream-scheduler.ts';

export interface FollowRequest {
  readonly caller: Caller;
  /** Aborts when the client disconnects. The stream then ends, even if no one reads it. */
  readonly signal: AbortSignal;
  /** The access request that is authorized for each message. */
  readonly access: AccessRequest;
  readonly channelId: string;
  /** The id of the last message that the caller received. Without it, the stream starts with the next new message. */
  readonly after?: string | null | undefined;
}

/** Opens live streams of messages and counts those that are open. */
export interface Streams {
  /**
   * Returns a stream of the messages of a channel. It authenticates and authorizes the caller again for each message
   * and ends when that fails; an idle stream ends within half a second. Throws the error of the denial, `LIMIT_REACHED`
   * if the credential has too many open streams, `BAD_USER_INPUT` if `after` is not a stored message of the channel, or
   * `UNAVAILABLE` if the slot is lost or Postern is shutting down.
   */
  follow(request: FollowRequest): Promise<AsyncIterableIterator<Delivery>>;
  /** Returns the number of open streams. */
  count(): number;
  /** Ends every stream. From then on, `follow` throws `UNAVAILABLE`. */
  close(): void;
}

/**
 * Returns the reads of messages for streams. Concurrent reads of the same position of a channel share one statement.
 */
function createSharedReads(db: Executor) {
  const pending = new Map<string, Promise<Message | null>>();
  return {
    messageAfter(channelId: string, sequence: number): Promise<Message | null> {
      const key = `${channelId} ${sequence}`;
      const existing = pending.get(key);
      if (existing) return existing;
      const read = findMessageAfter(db, channelId, sequence).finally(() => {
        if (pending.get(key) === read) pending.delete(key);
      });
      pending.set(key, read);
      return read;
    },
    /** Stops sharing the pending reads. Call it before a wake, so that woken streams see newer messages. */
    reset: () => pending.clear(),
  };
}

/** The reader of a stream, and when the access ends by the clock; `null` if it does not. */
type Follower = Pick<OpenStream, 'principal' | 'endsAt'>;

function endOf(principal: Principal): number | null {
  return principal.kind === 'ANONYMOUS' ? null : principal.endsAt;
}

/** Returns the earlier of two instants, each of which can be absent. */
function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Returns the streams of a database. */
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
  const open = createOpenStreams();
  const reads = createSharedReads(db);
  const scheduler = createStreamScheduler({ ...deps, open, beforeWake: reads.reset });
  let closed = false;

  async function identify({ caller, access }: FollowRequest): Promise<Follower> {
    const principal = await authentication.identifyCaller(caller);
    const grant = requireGrant(await authorize(db, principal, access, clock()));
    return { principal, endsAt: earliest(endOf(principal), grant.endsAt) };
  }

  async function findStart({ channelId, after }: FollowRequest): Promise<number> {
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
    const max = limits.streamsPerCredential;
    const slot = await deps.slots.take(id, max, onLost);
    if (!slot)
      throw failure('LIMIT_REACHED', `A credential can have at most ${max} open streams. Close some first.`);
    return slot;
  }

  function openStream(request: FollowRequest, start: number, follower: Follower, onEnd: () => void): Stream {
    const { channelId, caller, signal } = request;
    let current = follower;
    const source = {
      messageAfter: (sequence: number) => reads.messageAfter(channelId, sequence),
      async canFollow() {
        try {
          current = await identify(request);
          return true;
        } catch (error) {
          if (error instanceof PosternError) return false;
          throw error;
        }
      },
      recordUse: () => recordUse({ lastUse, clock }, caller, current.principal),
    };
    const entry: OpenStream = {
      stream: createStream(source, start, () => {
        open.delete(entry);
        onEnd();
      }),
      channelId,
      get principal() {
        return current.principal;
      },
      get endsAt() {
        return current.endsAt;
      },
    };
    open.add(entry);
    scheduler.start();
    signal.addEventListener('abort', entry.stream.end);
    if (signal.aborted) entry.stream.end();
    return entry.stream;
  }

  return {
    async follow(request) {
      const follower = await identify(request);
      const start = await findStart(request);
      let stream: Stream | null = null;
      let lost = false;
      const slot = await takeSlot(follower.principal, () => {
        lost = true;
        stream?.end();
      });
      if (closed || lost) {
        slot.release();
        throw failure('UNAVAILABLE', closed ? 'Postern is shutting down.' : undefined);
      }
      stream = openStream(request, start, follower, slot.release);
      return stream;
    },

    count: open.count,

    close() {
      closed = true;
      for (const { stream } of open.all()) stream.end();
      scheduler.stop();
    },
  };
}
