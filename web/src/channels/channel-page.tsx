import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { describeError, isBadInput } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button } from '../components/button.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { useDeleteChannelMutation, useUpdateChannelMutation } from '../generated/hooks.ts';
import { NotFoundPage } from '../not-found-page.tsx';
import { type Channel, type Refusal, useChannel } from './channel.ts';
import { Messages } from './messages.tsx';
import { Shares } from './shares.tsx';

interface DialogProps {
  readonly channel: Channel;
  readonly onClose: () => void;
}

function EditDialog({ channel, onClose }: DialogProps) {
  const announce = useAnnounce();
  const [{ fetching, error }, update] = useUpdateChannelMutation();
  return (
    <NameDialog
      title={`Edit “${channel.name}”`}
      action="Save"
      initial={{ name: channel.name, description: channel.description ?? '' }}
      withDescription
      busy={fetching}
      error={error}
      onSubmit={async ({ name, description }) => {
        const result = await update({
          input: { id: channel.id, name, description: description.trim() || null },
        });
        if (result.error) return;
        announce(`“${name}” saved`);
        onClose();
      }}
      onClose={onClose}
    />
  );
}

function DeleteDialog({ channel, onClose }: DialogProps) {
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [{ fetching, error }, remove] = useDeleteChannelMutation();
  async function confirm() {
    const result = await remove({ id: channel.id });
    if (result.error) return;
    announce(`“${channel.name}” deleted`);
    go(homeOf(channel), { replace: true });
  }
  return (
    <ConfirmDialog
      title={`Delete “${channel.name}”`}
      action="Delete"
      busy={fetching}
      problem={error ? describeError(error) : null}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>
        All its messages and shares are deleted, and live subscribers are disconnected. This can't be undone.
      </p>
    </ConfirmDialog>
  );
}

function homeOf({ workspace }: Channel): string {
  return workspace.viewerRole ? `/workspaces/${workspace.id}/channels` : '/workspaces';
}

function ChannelDetails({ channel, refusal }: { channel: Channel; refusal: Refusal }) {
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const action = (name: 'edit' | 'delete', reason: string | null) => ({
    disabled: reason !== null,
    title: reason ?? undefined,
    onClick: () => setOpen(name),
  });
  return (
    <Page
      title={channel.name}
      lead={
        <>
          <Link href={homeOf(channel)}>Channels of {channel.workspace.name}</Link>
          {channel.description && <p>{channel.description}</p>}
        </>
      }
      actions={
        <>
          <Button {...action('edit', refusal('UPDATE'))}>Edit</Button>
          <Button variant="danger-quiet" {...action('delete', refusal('DELETE'))}>
            Delete
          </Button>
        </>
      }
    >
      <Messages channel={channel} refusal={refusal} />
      <Shares channel={channel} refusal={refusal} />
      {open === 'edit' && <EditDialog channel={channel} onClose={() => setOpen(null)} />}
      {open === 'delete' && <DeleteDialog channel={channel} onClose={() => setOpen(null)} />}
    </Page>
  );
}

/** One channel: its live messages and its shares. */
export default function ChannelPage({ id }: { id: string }) {
  const { channel, error, refusal, reload } = useChannel(id);
  if (channel) return <ChannelDetails channel={channel} refusal={refusal} />;
  if (channel === null || (error && isBadInput(error))) return <NotFoundPage what="channel" />;
  return (
    <Page title="Channel">
      {error ? <Failure error={error} onRetry={reload} /> : <Loading what="the channel" />}
    </Page>
  );
}
