import { failure } from '../../domain/errors.ts';
import type { Message } from '../../domain/message.ts';

/** What a stream delivers: a message or, as the last delivery, the failure that ended it. */
export type Delivery = { readonly message: Message } | { readonly failure: unknown };

/** What a stream reads and checks for every message. */
export interface StreamSource {
  /** Returns the first message after a position in the channel; `null` if there is none yet. */
  messageAfter(sequence: number): Promise<Message | null>;
  /** Returns whether the caller is allowed to follow the channel now. */
  mayFollow(): Promise<boolean>;
  /** Records that a message is delivered. */
  used(): void;
}

/** The messages of a channel for one caller. It holds a position and no messages, so a slow reader costs nothing. */
export interface Stream extends AsyncIterableIterator<Delivery> {
  /** Makes a waiting stream look for a message and check its permission. */
  wake(): void;
  /** Ends the stream; a pending `next` resolves as done. */
  end(): void;
  return(): Promise<IteratorResult<Delivery>>;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Returns a stream from a position in a channel on. It delivers every message once and in order, and ends when the caller
 * is no longer allowed to follow. Its last delivery is `LIMIT_REACHED` if messages were dropped before they were read.
 */
export function createStream(source: StreamSource, start: number, onEnd: () => void): Stream {
  let place = start;
  let ended = false;
  let woken = false;
  let resume: (() => void) | null = null;

  function wake(): void {
    woken = true;
    resume?.();
  }

  function end(): void {
    if (ended) return;
    ended = true;
    onEnd();
    wake();
  }

  function waking(): Promise<void> {
    return new Promise((resolve) => {
      resume = resolve;
      if (woken) resolve();
    });
  }

  function deliver(message: Message): Delivery {
    const missed = message.sequence > place + 1;
    place = message.sequence;
    source.used();
    return missed
      ? { failure: failure('LIMIT_REACHED', 'Messages were dropped before this stream read them.') }
      : { message };
  }

  async function nextDelivery(): Promise<Delivery | null> {
    while (!ended) {
      woken = false;
      const message = await source.messageAfter(place);
      // In this order, a message that was published after the permission was lost is never delivered.
      if (!(await source.mayFollow()) || ended) return null;
      if (message) return deliver(message);
      await waking();
    }
    return null;
  }

  return {
    wake,
    end,
    async next() {
      const delivery = await nextDelivery().catch((error: unknown): Delivery => ({ failure: error }));
      if (!delivery || 'failure' in delivery) end();
      return delivery ? { done: false, value: delivery } : DONE;
    },
    async return() {
      end();
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
