import { useState } from 'react';
import { OPERATIONS, type Operation } from '../../../src/domain/scopes.ts';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { OperationsField } from '../components/operations-field.tsx';
import { Section } from '../components/page.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useShareChannelMutation, useUnshareChannelMutation } from '../generated/hooks.ts';
import { operationName } from '../labels.ts';
import type { Channel, Refusal } from './channel.ts';

type Share = Channel['shares'][number];

/** The operations that a share can grant: all but creating a channel. */
const SHAREABLE = OPERATIONS.filter((operation) => operation !== 'CREATE');

function ShareDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const [email, setEmail] = useState('');
  const [operations, setOperations] = useState<readonly Operation[]>(['READ', 'SUBSCRIBE']);
  const share = useSubmit(useShareChannelMutation(), { fields: ['email', 'operations'], onDone: onClose });
  return (
    <FormDialog
      title={`Share “${channel.name}”`}
      action="Share"
      disabled={email.trim() === '' || operations.length === 0}
      form={share}
      onSubmit={() =>
        share.submit(
          { input: { id: channel.id, email, operations: [...operations] } },
          `Shared with ${email}`,
        )
      }
      onClose={onClose}
    >
      <TextField
        label="Email"
        error={share.errors.email}
        type="email"
        required
        hint="Anyone with an account on this server."
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <OperationsField
        offered={SHAREABLE}
        value={operations}
        error={share.errors.operations}
        onChange={setOperations}
      />
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

/** The users that a channel is shared with, in addition to the members of its workspace. */
export function Shares({ channel, refusal }: { channel: Channel; refusal: Refusal }) {
  const [sharing, setSharing] = useState(false);
  const { busy, problem, submit } = useSubmit(useUnshareChannelMutation());
  const actions: Column<Share> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: ({ user }) => (
      <Button
        small
        variant="danger-quiet"
        disabled={busy}
        refusal={refusal('UNSHARE')}
        onClick={() =>
          submit({ input: { id: channel.id, userId: user.id } }, `No longer shared with ${user.name}`)
        }
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
        <Button refusal={refusal('SHARE')} onClick={() => setSharing(true)}>
          <PlusIcon />
          Share
        </Button>
      }
    >
      {problem && <Problem>{problem}</Problem>}
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
