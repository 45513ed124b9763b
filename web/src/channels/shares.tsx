import { useState } from 'react';
import { OPERATIONS, type Operation } from '../../../src/domain/scopes.ts';
import { describeError, describeFormError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { OperationsField } from '../components/operations-field.tsx';
import { Section } from '../components/page.tsx';
import { Problem } from '../components/states.tsx';
import { useShareChannelMutation, useUnshareChannelMutation } from '../generated/hooks.ts';
import { operationName } from '../labels.ts';
import type { Channel, Refusal } from './channel.ts';

type Share = Channel['shares'][number];

/** The operations that a share can grant: all but creating a channel. */
const SHAREABLE = OPERATIONS.filter((operation) => operation !== 'CREATE');

function ShareDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const announce = useAnnounce();
  const [email, setEmail] = useState('');
  const [operations, setOperations] = useState<readonly Operation[]>(['READ', 'SUBSCRIBE']);
  const [{ fetching, error }, share] = useShareChannelMutation();
  const errors = describeFormError(error, ['email']);
  async function submit() {
    const result = await share({ input: { id: channel.id, email, operations: [...operations] } });
    if (result.error) return;
    announce(`Shared with ${email}`);
    onClose();
  }
  return (
    <FormDialog
      title={`Share “${channel.name}”`}
      action="Share"
      disabled={email.trim() === '' || operations.length === 0}
      busy={fetching}
      problem={errors.form}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Email"
        error={errors.fields.email}
        type="email"
        required
        hint="Anyone with an account on this server."
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <OperationsField offered={SHAREABLE} value={operations} onChange={setOperations} />
    </FormDialog>
  );
}

const COLUMNS: readonly Column<Share>[] = [
  { id: 'name', title: 'User', cell: ({ user }) => <strong>{user.name}</strong> },
  { id: 'email', title: 'Email', cell: ({ user }) => user.email },
  {
    id: 'operations',
    title: 'Operations',
    cell: ({ operations }) => operations.map(operationName).join(', '),
  },
];

/** The users that a channel is shared with, besides the members of its workspace. */
export function Shares({ channel, refusal }: { channel: Channel; refusal: Refusal }) {
  const announce = useAnnounce();
  const [sharing, setSharing] = useState(false);
  const [{ fetching, error }, unshare] = useUnshareChannelMutation();
  const shareRefusal = refusal('SHARE');
  const unshareRefusal = refusal('UNSHARE');
  async function unshareWith({ user }: Share) {
    const result = await unshare({ input: { id: channel.id, userId: user.id } });
    if (!result.error) announce(`No longer shared with ${user.name}`);
  }
  const actions: Column<Share> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (share) => (
      <Button
        small
        variant="danger-quiet"
        disabled={fetching || unshareRefusal !== null}
        title={unshareRefusal ?? undefined}
        onClick={() => unshareWith(share)}
      >
        Unshare
      </Button>
    ),
  };
  return (
    <Section
      title="Shares"
      lead="Members have access through their role. Share to give others access."
      actions={
        <Button
          disabled={shareRefusal !== null}
          title={shareRefusal ?? undefined}
          onClick={() => setSharing(true)}
        >
          <PlusIcon />
          Share
        </Button>
      }
    >
      {error && <Problem>{describeError(error)}</Problem>}
      {channel.shares.length === 0 ? (
        <p className="muted">Not shared</p>
      ) : (
        <DataTable
          label="Shares"
          columns={[...COLUMNS, actions]}
          rows={channel.shares}
          keyOf={({ user }) => user.id}
        />
      )}
      {sharing && <ShareDialog channel={channel} onClose={() => setSharing(false)} />}
    </Section>
  );
}
