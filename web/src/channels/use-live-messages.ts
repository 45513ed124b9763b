import { useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { onEnd, pipe, subscribe } from 'wonka';
import { useConnection } from '../api/api-provider.tsx';
import { codeOf, isLostAccess } from '../api/errors.ts';
import { ChannelMessagesDocument, type MessageRowFragment } from '../generated/hooks.ts';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** How long a stream must stay open to count as a success: a refusal arrives in a stream that opens. */
const SETTLED_MS = 5000;

/** The errors after which the stream opens again without the user. */
const PASSING = new Set(['UNAVAILABLE', 'RATE_LIMITED', 'LIMIT_REACHED', 'INTERNAL_SERVER_ERROR']);

function passes(error: CombinedError | undefined): boolean {
  return !error || error.graphQLErrors.every((each) => PASSING.has(codeOf(each)));
}

/** The messages that arrived live, and the state of the stream. */
export interface LiveMessages {
  readonly messages: readonly MessageRowFragment[];
  readonly state: 'connecting' | 'live' | 'waiting' | 'refused';
  readonly error: CombinedError | undefined;
  readonly reconnect: () => void;
}

/**
 * Follows a channel while `enabled`. If the stream ends, it opens again after a growing pause, and the server first sends
 * what was published meanwhile. `newest` is the id of the last stored message.
 */
export function useLiveMessages(
  channelId: string,
  newest: string | undefined,
  enabled: boolean,
): LiveMessages {
  const client = useClient();
  const { session, refresh } = useConnection();
  const [messages, setMessages] = useState<readonly MessageRowFragment[]>([]);
  const [status, setStatus] = useState<Pick<LiveMessages, 'state' | 'error'>>({
    state: 'connecting',
    error: undefined,
  });
  const [attempt, setAttempt] = useState(0);
  const failures = useRef(0);
  const last = useRef(newest);
  const follows = enabled && session === 'current';

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt opens the stream again
  useEffect(() => {
    if (!follows) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let settling: ReturnType<typeof setTimeout> | undefined;
    let open = true;

    async function fetchStream(...request: Parameters<typeof fetch>) {
      const response = await fetch(...request);
      if (response.ok && open) {
        setStatus({ state: 'live', error: undefined });
        // Without an id to continue from, only the query finds what was published meanwhile.
        if (failures.current > 0) refresh();
        settling = setTimeout(() => {
          failures.current = 0;
        }, SETTLED_MS);
      }
      return response;
    }

    function end(error: CombinedError | undefined) {
      if (!open) return;
      open = false;
      clearTimeout(settling);
      setStatus({ state: passes(error) ? 'waiting' : 'refused', error });
      // The page still shows what the user could do before.
      if (error && isLostAccess(error)) refresh();
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures.current);
      failures.current += 1;
      if (!passes(error)) return;
      timer = setTimeout(() => setAttempt((before) => before + 1), wait);
    }

    const variables = { channelId, after: last.current ?? null };
    const { unsubscribe } = pipe(
      client.subscription(ChannelMessagesDocument, variables, { fetch: fetchStream }),
      onEnd(() => end(undefined)),
      subscribe(({ data, error }) => {
        if (data) {
          last.current = data.channelMessages.id;
          setMessages((before) => [...before, data.channelMessages]);
        }
        if (error) end(error);
      }),
    );
    return () => {
      open = false;
      clearTimeout(timer);
      clearTimeout(settling);
      unsubscribe();
    };
  }, [client, channelId, follows, attempt]);

  return { messages, ...status, reconnect: () => setAttempt((before) => before + 1) };
}
