import { useState } from 'react';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Loaded, Problem } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type InvitationsQuery,
  type InvitationVoidReason,
  type Role,
  useInvitationsQuery,
  useInviteMemberMutation,
  useRevokeInvitationMutation,
} from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import type { Workspace } from './workspace.ts';

type Invitation = NonNullable<InvitationsQuery['workspace']>['invitations'][number];

function InviteDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const { show } = useFreshSecrets();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('VIEWER');
  const invite = useSubmit(useInviteMemberMutation(), { fields: ['email', 'role'], onDone: onClose });
  async function submit() {
    const data = await invite.submit({ input: { workspaceId: workspace.id, email, role } });
    const secret = data?.inviteMember?.invitationSecret;
    if (secret) show({ kind: 'invitation', workspaceId: workspace.id, email, secret });
  }
  return (
    <FormDialog
      title={`Invite to ${workspace.name}`}
      action="Invite"
      disabled={email.trim() === ''}
      form={invite}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Email"
        error={invite.errors.email}
        type="email"
        required
        hint="The invitation is valid for this address only. It can be used once, within seven days."
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <RoleField
        error={invite.errors.role}
        roles={rolesUpTo(workspace.viewerRole)}
        value={role}
        onChange={setRole}
      />
    </FormDialog>
  );
}

/** Why an invitation can no longer be accepted. */
const VOID_REASONS = {
  ADDRESS_RELEASED: 'Void: the account with this email was closed',
  INVITER_LOST_AUTHORITY: 'Void: the inviter can no longer grant this role',
} as const satisfies Record<InvitationVoidReason, string>;

const COLUMNS: readonly Column<Invitation>[] = [
  {
    id: 'email',
    title: 'Email',
    cell: ({ email, voidReason }) => (
      <>
        <strong>{email}</strong> {voidReason && <Badge tone="danger">{VOID_REASONS[voidReason]}</Badge>}
      </>
    ),
  },
  { id: 'role', title: 'Role', cell: ({ role }) => ROLE_NAMES[role] },
  { id: 'by', title: 'Invited by', cell: ({ invitedBy }) => invitedBy?.name ?? 'A workspace token' },
  { id: 'ends', title: 'Expires', cell: ({ expiresAt }) => <Time value={expiresAt} relative /> },
];

function InvitationsTable({ workspace, rows }: { workspace: Workspace; rows: readonly Invitation[] }) {
  const { busy, problem, submit } = useSubmit(useRevokeInvitationMutation());
  const actions: Column<Invitation> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: ({ id, email, role }) => (
      <Button
        small
        variant="danger-quiet"
        disabled={busy}
        refusal={refusalByRole(workspace.viewerRole, 'WORKSPACE_MANAGER', role)}
        onClick={() =>
          submit({ input: { workspaceId: workspace.id, id } }, `Invitation for ${email} canceled`)
        }
      >
        Cancel invitation
      </Button>
    ),
  };
  return (
    <>
      {problem && <Problem>{problem}</Problem>}
      <DataTable label="Invitations" columns={[...COLUMNS, actions]} rows={rows} keyOf={({ id }) => id} />
    </>
  );
}

/** The pending invitations of a workspace. */
export function Invitations({ workspace }: { workspace: Workspace }) {
  const [{ data, error }, reload] = useInvitationsQuery({ variables: { id: workspace.id } });
  const [inviting, setInviting] = useState(false);
  return (
    <Section
      title="Invitations"
      actions={
        <Button onClick={() => setInviting(true)}>
          <PlusIcon />
          Invite
        </Button>
      }
    >
      <Loaded value={data?.workspace} error={error} what="the invitations" onRetry={reload}>
        {({ invitations }) =>
          invitations.length === 0 ? (
            <p className="muted">No pending invitations.</p>
          ) : (
            <InvitationsTable workspace={workspace} rows={invitations} />
          )
        }
      </Loaded>
      {inviting && <InviteDialog workspace={workspace} onClose={() => setInviting(false)} />}
    </Section>
  );
}
