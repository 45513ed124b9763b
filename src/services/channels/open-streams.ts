import type { Principal } from '../../domain/principal.ts';
import type { Stream } from './stream.ts';

/** A stream that follows a channel. */
export interface OpenStream {
  readonly stream: Stream;
  readonly channelId: string;
  /** The principal of the last check. */
  readonly principal: Principal;
  /** When the access of the last check ends by the clock, in milliseconds since the epoch; `null` if it does not. */
  readonly endsAt: number | null;
}

/** The open streams of this server, by channel: publishing to one costs the same however many follow others. */
export interface OpenStreams {
  add(stream: OpenStream): void;
  delete(stream: OpenStream): void;
  /** Returns the number of open streams. */
  count(): number;
  /** Returns all streams. They can end while the caller iterates. */
  all(): OpenStream[];
  /** Returns the streams that follow a channel. They can end while the caller iterates. */
  following(channelId: string): OpenStream[];
}

/** Returns an empty set of open streams. */
export function createOpenStreams(): OpenStreams {
  const byChannel = new Map<string, Set<OpenStream>>();
  let count = 0;
  return {
    add(stream) {
      const others = byChannel.get(stream.channelId);
      if (others) others.add(stream);
      else byChannel.set(stream.channelId, new Set([stream]));
      count += 1;
    },
    delete(stream) {
      const others = byChannel.get(stream.channelId);
      if (!others?.delete(stream)) return;
      if (others.size === 0) byChannel.delete(stream.channelId);
      count -= 1;
    },
    count: () => count,
    all: () => [...byChannel.values()].flatMap((streams) => [...streams]),
    following: (channelId) => [...(byChannel.get(channelId) ?? [])],
  };
}
