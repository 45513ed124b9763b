import { failure } from '../../domain/errors.ts';
import type { Message } from '../../domain/message.ts';

/** A message or, as the last delivery of a stream, the failure that ended it. */
export type Delivery = { readonly message: Message } | { readonly failure: unknown };

/** The operations that a stream calls for every message. */
export interface StreamSource {
  /** Returns the first message after a position in the channel; `null` if there is none yet. */
  messageAfter(sequence: number): Promise<Message | null>;
  /** Returns whether the caller is allowed to follow the channel now. */
  canFollow(): Promise<boolean>;
  /** Records the delivery of a message as a use of the credential. */
  recordUse(): void;
}

/** The messages of a channel for one caller. It stores only a position, so a slow reader needs no memory. */
export interface Stream extends AsyncIterableIterator<Delivery> {
  /** Makes a waiting stream check its permission and look for the next message. */
  wake(): void;
  /** Ends the stream. A pending `next` resolves as done. */
  end(): void;
  return(): Promise<IteratorResult<Delivery>>;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Returns a stream of the messages after position `start`. It delivers each message once, in order, and ends when the
 * caller is no longer allowed to follow the channel. Its last delivery is the failure `LIMIT_REACHED` if messages were
 * dropped before it read them. Calls `onEnd` once.
 */
export function createStream(source: StreamSource, start: number, onEnd: () => void): Stream {
  let position = start;
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

  function nextWake(): Promise<void> {
    return new Promise((resolve) => {
      resume = resolve;
      if (woken) resolve();
    });
  }

  function deliver(message: Message): Delivery {
    const missed = message.sequence > position + 1;
    position = message.sequence;
    source.recordUse();
    return missed
      ? { failure: failure('LIMIT_REACHED', 'Messages were dropped before this stream read them.') }
      : { message };
  }

  async function nextDelivery(): Promise<Delivery | null> {
    while (!ended) {
      woken = false;
      const message = await source.messageAfter(position);
      // Checked after the read, so that a message published after the loss of the permission is never delivered.
      if (!(await source.canFollow()) || ended) return null;
      if (message) return deliver(message);
      await nextWake();
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
