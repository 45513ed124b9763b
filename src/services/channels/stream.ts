import { failure } from '../../domain/errors.ts';
import type { Message } from '../../domain/message.ts';

/** What a stream brings: a message or, as its last, what broke it off. */
export type Delivery = { readonly message: Message } | { readonly failure: unknown };

/** What a stream lives on; each is asked anew for every message. */
export interface StreamSource {
  /** The first message after a place in the channel; `null` where there is none yet. */
  messageAfter(sequence: number): Promise<Message | null>;
  /** Whether the caller may follow the channel now. */
  mayFollow(): Promise<boolean>;
  /** Notes that a message is handed out. */
  used(): void;
}

/** One caller's way along the messages of a channel. It holds a place and no messages, so a slow reader costs nothing. */
export interface Stream extends AsyncIterableIterator<Delivery> {
  /** Makes it look again, if it is waiting: for a message, and whether it may go on. */
  wake(): void;
  /** Ends it: whoever waits for its next message learns that there is none. */
  end(): void;
  return(): Promise<IteratorResult<Delivery>>;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A stream from a place in a channel onwards. It brings every message once and in order, and ends when the caller may
 * not follow any more; as its last, it brings `LIMIT_REACHED` where messages were dropped before the caller had read them.
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
      // In this order: a message that was published after the right to it was lost is never handed out.
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
