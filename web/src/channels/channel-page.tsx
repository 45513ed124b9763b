import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { isBadInput } from '../api/errors.ts';
import { Button } from '../components/button.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDeleteChannelMutation, useUpdateChannelMutation } from '../generated/hooks.ts';
import { GonePage, useLast } from '../gone.tsx';
import { NotFoundPage } from '../not-found-page.tsx';
import { type Channel, type Refusal, useChannel } from './channel.ts';
import { Messages } from './messages.tsx';
import { Shares } from './shares.tsx';

interface DialogProps {
  readonly channel: Channel;
  readonly onClose: () => void;
}

function EditDialog(props: DialogProps) {
  const { onClose } = props;
  // What someone else changes while the dialog is open stays.
  const [channel] = useState(props.channel);
  const update = useSubmit(useUpdateChannelMutation(), { fields: ['name', 'description'], onDone: onClose });
  return (
    <NameDialog
      title={`Edit “${channel.name}”`}
      action="Save"
      initial={{ name: channel.name, description: channel.description ?? '' }}
      form={update}
      onSubmit={({ name, ...form }) => {
        const description = form.description.trim() || null;
        const input = {
          id: channel.id,
          ...(name !== channel.name && { name }),
          ...(description !== channel.description && { description }),
        };
        void update.submit({ input }, `“${name}” saved`);
      }}
      onClose={onClose}
    />
  );
}

function DeleteDialog({ channel, onClose }: DialogProps) {
  const [, go] = useLocation();
  const deletion = useSubmit(useDeleteChannelMutation(), {
    onDone: () => go(listPathOf(channel), { replace: true }),
  });
  return (
    <ConfirmDialog
      title={`Delete “${channel.name}”`}
      action="Delete"
      form={deletion}
      onSubmit={() => deletion.submit({ id: channel.id }, `“${channel.name}” deleted`)}
      onClose={onClose}
    >
      <p>
        All its messages and shares are deleted, and live subscribers are disconnected. This can't be undone.
      </p>
    </ConfirmDialog>
  );
}

function listPathOf({ workspace }: Channel): string {
  return workspace.viewerRole ? `/workspaces/${workspace.id}/channels` : '/workspaces';
}

function ChannelDetails({ channel, refusal }: { channel: Channel; refusal: Refusal }) {
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  return (
    <Page
      title={channel.name}
      lead={
        <>
          <Link href={listPathOf(channel)}>Channels of {channel.workspace.name}</Link>
          {channel.description && <p>{channel.description}</p>}
        </>
      }
      actions={
        <>
          <Button refusal={refusal('UPDATE')} onClick={() => setOpen('edit')}>
            Edit
          </Button>
          <Button variant="danger-quiet" refusal={refusal('DELETE')} onClick={() => setOpen('delete')}>
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
  const last = useLast(channel);
  if (channel) return <ChannelDetails channel={channel} refusal={refusal} />;
  if (channel === null && last) {
    return <GonePage what="channel" name={last.name} listPath={listPathOf(last)} />;
  }
  if (channel === null || (error && isBadInput(error))) return <NotFoundPage what="channel" />;
  return (
    <Page title="Channel">
      {error ? <Failure error={error} onRetry={reload} /> : <Loading what="the channel" />}
    </Page>
  );
}
