import { type FormEvent, useState } from 'react';
import type { CombinedError } from 'urql';
import { describeError } from '../api/errors.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { TextAreaField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Empty, Problem } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type ChannelMessagesSubscription,
  type MessageRowFragment,
  useChannelMessagesSubscription,
  usePublishMessageMutation,
} from '../generated/hooks.ts';
import type { Channel, Refusal } from './channel.ts';
import './messages.css';

/** Parses the text as JSON; returns the text itself if it is not JSON. */
function toPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function PublishForm({ channel, refusal }: { channel: Channel; refusal: string | null }) {
  const [text, setText] = useState('');
  const { busy, problem, errors, submit } = useSubmit(usePublishMessageMutation(), {
    fields: ['payload'],
    onDone: () => setText(''),
  });
  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    void submit({ input: { channelId: channel.id, payload: toPayload(text) } });
  }
  return (
    <form className="publish" onSubmit={handleSubmit}>
      <TextAreaField
        label="Message"
        error={errors.payload}
        hint={refusal ?? 'JSON or plain text.'}
        disabled={refusal !== null}
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {problem && <Problem>{problem}</Problem>}
      <Button type="submit" variant="primary" busy={busy} disabled={refusal !== null || text.trim() === ''}>
        Publish
      </Button>
    </form>
  );
}

/** Merges stored and live messages, oldest first, without duplicates. */
function merge(stored: readonly MessageRowFragment[], live: readonly MessageRowFragment[]) {
  return [...new Map([...stored, ...live].map((message) => [message.id, message])).values()];
}

function append(
  messages: readonly MessageRowFragment[] | undefined = [],
  { channelMessages }: ChannelMessagesSubscription,
): readonly MessageRowFragment[] {
  return [...messages, channelMessages];
}

function LiveState({
  live,
  error,
  onReconnect,
}: {
  live: boolean;
  error: CombinedError | undefined;
  onReconnect: () => void;
}) {
  if (live) return <Badge tone="success">Live</Badge>;
  return (
    <>
      <span className="muted small">
        {error?.graphQLErrors.length ? describeError(error) : 'The live stream ended.'}
      </span>
      <Button small onClick={onReconnect}>
        Reconnect
      </Button>
    </>
  );
}

/** The messages of a channel, updated live, with a form to publish one. */
export function Messages({ channel, refusal }: { channel: Channel; refusal: Refusal }) {
  const canSubscribe = refusal('SUBSCRIBE') === null;
  const [{ data: live = [], fetching, error }, reconnect] = useChannelMessagesSubscription(
    { variables: { channelId: channel.id }, pause: !canSubscribe },
    append,
  );
  const messages = merge(channel.messages.nodes, live);
  return (
    <Section
      title="Messages"
      lead="Recent messages, and new ones as they are published."
      actions={canSubscribe && <LiveState live={fetching && !error} error={error} onReconnect={reconnect} />}
    >
      {messages.length === 0 ? (
        <Empty title="No messages yet">New messages appear here immediately.</Empty>
      ) : (
        <ol className="messages" aria-live="polite" aria-label="Messages">
          {messages.map(({ id, payload, publishedAt, publisher }) => (
            <li key={id}>
              <pre>{typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2)}</pre>
              <p className="muted small">
                {publisher?.name ?? 'A workspace token'} · <Time value={publishedAt} relative />
              </p>
            </li>
          ))}
        </ol>
      )}
      <PublishForm channel={channel} refusal={refusal('PUBLISH')} />
    </Section>
  );
}
