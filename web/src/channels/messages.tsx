import type { FormEvent } from 'react';
import { describeError } from '../api/errors.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { TextAreaField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Empty, Problem } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDraft } from '../drafts/use-draft.ts';
import { type MessageRowFragment, usePublishMessageMutation } from '../generated/hooks.ts';
import type { Channel, Refusal } from './channel.ts';
import './messages.css';
import { type LiveMessages, useLiveMessages } from './use-live-messages.ts';

/** Parses the text as JSON; returns the text itself if it is not JSON. */
function toPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function PublishForm({ channel, refusal }: { channel: Channel; refusal: string | null }) {
  const draft = useDraft(`message.${channel.id}`, () => ({ text: '' }));
  const { text } = draft.value;
  const { busy, problem, errors, submit } = useSubmit(usePublishMessageMutation(), {
    fields: ['payload'],
    onDone: draft.reset,
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
        readOnly={busy}
        rows={2}
        value={text}
        onChange={(event) => draft.change({ text: event.target.value })}
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
  const messages = new Map([...stored, ...live].map((message) => [message.id, message]));
  return [...messages.values()].sort((a, b) => a.publishedAt.localeCompare(b.publishedAt));
}

/** The state of the stream, with a button that opens it now. */
function LiveState({ state, error, reconnect }: Omit<LiveMessages, 'messages'>) {
  if (state === 'live') return <Badge tone="success">Live</Badge>;
  return (
    <>
      <span className="muted small" role="status">
        {state === 'refused' && error ? describeError(error) : 'Connecting…'}
      </span>
      {state !== 'connecting' && (
        <Button small onClick={reconnect}>
          Reconnect
        </Button>
      )}
    </>
  );
}

/** The messages of a channel, updated live, with a form to publish one. */
export function Messages({ channel, refusal }: { channel: Channel; refusal: Refusal }) {
  const canSubscribe = refusal('SUBSCRIBE') === null;
  const stored = channel.messages.nodes;
  const live = useLiveMessages(channel.id, stored.at(-1)?.id, canSubscribe);
  const messages = merge(stored, live.messages);
  return (
    <Section
      title="Messages"
      lead="Recent messages, and new ones as they are published."
      actions={canSubscribe && <LiveState {...live} />}
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
