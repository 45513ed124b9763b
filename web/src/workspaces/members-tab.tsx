import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { describeError, describeFormError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Badge } from '../components/badge.tsx';
import { IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { ConfirmDialog, FormDialog } from '../components/dialog.tsx';
import { Checkbox } from '../components/field.tsx';
import { MoreIcon } from '../components/icons.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import { Section } from '../components/page.tsx';
import { Pager, type Place, pageArguments } from '../components/pager.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import {
  type MemberRowFragment,
  useMembersQuery,
  useRemoveMemberMutation,
  useTokensMadeByQuery,
  useUpdateMemberRoleMutation,
} from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { useMe } from '../session/session-gate.tsx';
import { Invitations } from './invitations.tsx';
import type { Workspace } from './workspace.ts';

const PAGE_SIZE = 50;

interface MemberDialogProps {
  readonly workspace: Workspace;
  readonly member: MemberRowFragment;
  readonly onClose: () => void;
}

function RoleDialog({ workspace, member, onClose }: MemberDialogProps) {
  const announce = useAnnounce();
  const [role, setRole] = useState(member.role);
  const [{ fetching, error }, update] = useUpdateMemberRoleMutation();
  const errors = describeFormError(error, ['role']);
  async function save() {
    const result = await update({ input: { workspaceId: workspace.id, userId: member.user.id, role } });
    if (result.error) return;
    announce(`${member.user.name} now has the ${ROLE_NAMES[role]} role`);
    onClose();
  }
  return (
    <FormDialog
      title={`Role of ${member.user.name}`}
      action="Save"
      busy={fetching}
      problem={errors.form}
      onSubmit={save}
      onClose={onClose}
    >
      <RoleField
        error={errors.fields.role}
        roles={rolesUpTo(workspace.viewerRole)}
        value={role}
        onChange={setRole}
      />
      <MadeByMember workspace={workspace} member={member} />
    </FormDialog>
  );
}

/** Lists the workspace tokens that a member created, with `children` below the list. */
function MadeByMember({
  workspace,
  member,
  children,
}: Pick<MemberDialogProps, 'workspace' | 'member'> & { children?: ReactNode }) {
  const [{ data, error }, reload] = useTokensMadeByQuery({
    variables: { workspaceId: workspace.id, userId: member.user.id },
    requestPolicy: 'network-only',
  });
  const tokens = data?.workspace?.tokens;
  if (error) return <Failure error={error} onRetry={reload} />;
  if (!tokens) return <Loading what="the workspace tokens" />;
  if (tokens.totalCount === 0) return null;
  const unlisted = tokens.totalCount - tokens.nodes.length;
  return (
    <>
      <p>{member.user.name} created these workspace tokens, which will keep working:</p>
      <ul>
        {tokens.nodes.map(({ id, name, role }) => (
          <li key={id}>
            {name}
            {role && ` (${ROLE_NAMES[role]})`}
          </li>
        ))}
        {unlisted > 0 && <li>and {unlisted} more</li>}
      </ul>
      {children}
    </>
  );
}

function RemoveDialog({ workspace, member, onClose }: MemberDialogProps) {
  const { id: myId } = useMe();
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [{ fetching, error }, remove] = useRemoveMemberMutation();
  const [revokeCreated, setRevokeCreated] = useState(false);
  const canRevoke = !refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');
  const leaving = member.user.id === myId;
  async function confirm() {
    const input = { workspaceId: workspace.id, userId: member.user.id, revokeCreated };
    const result = await remove({ input });
    if (result.error) return;
    announce(leaving ? `You left ${workspace.name}` : `${member.user.name} removed`);
    onClose();
    if (leaving) go('/workspaces', { replace: true });
  }
  return (
    <ConfirmDialog
      title={leaving ? `Leave ${workspace.name}` : `Remove ${member.user.name}`}
      action={leaving ? 'Leave' : 'Remove'}
      busy={fetching}
      problem={error ? describeError(error) : null}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>
        {leaving ? 'You and your personal tokens' : `${member.user.name} and their personal tokens`} lose
        access to {workspace.name} immediately. Their channel shares and pending invitations are deleted.
        Workspace tokens stay.
      </p>
      {canRevoke && (
        <MadeByMember workspace={workspace} member={member}>
          <Checkbox
            label="Also revoke these tokens"
            checked={revokeCreated}
            onChange={(event) => setRevokeCreated(event.target.checked)}
          />
        </MadeByMember>
      )}
    </ConfirmDialog>
  );
}

type MemberAction = 'role' | 'remove';

function MemberMenu({
  workspace: { viewerRole },
  member,
  onChoose,
}: Pick<MemberDialogProps, 'workspace' | 'member'> & { onChoose: (action: MemberAction) => void }) {
  const { id: myId } = useMe();
  const itself = member.user.id === myId;
  const refusal = refusalByRole(viewerRole, 'ADMINISTRATOR', member.role);
  return (
    <Menu
      trigger={(props) => (
        <IconButton {...props} label={`Actions for ${member.user.name}`}>
          <MoreIcon />
        </IconButton>
      )}
    >
      <MenuItem refusal={refusal} onSelect={() => onChoose('role')}>
        Change role
      </MenuItem>
      <MenuItem danger refusal={itself ? null : refusal} onSelect={() => onChoose('remove')}>
        {itself ? 'Leave' : 'Remove'}
      </MenuItem>
    </Menu>
  );
}

function columnsFor(myId: string): readonly Column<MemberRowFragment>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      cell: ({ user }) => (
        <>
          <strong>{user.name}</strong> {user.id === myId && <Badge tone="accent">You</Badge>}
        </>
      ),
    },
    {
      id: 'email',
      title: 'Email',
      cell: ({ user }) => (
        <>
          {user.email} {!user.emailVerified && <Badge tone="warning">Unverified</Badge>}
        </>
      ),
    },
    { id: 'role', title: 'Role', cell: ({ role }) => ROLE_NAMES[role] },
    { id: 'joined', title: 'Joined', cell: ({ joinedAt }) => <Time value={joinedAt} /> },
  ];
}

/** The members of a workspace and its pending invitations. */
export function MembersTab({ workspace }: { workspace: Workspace }) {
  const me = useMe();
  const [place, setPlace] = useState<Place>({});
  const [chosen, setChosen] = useState<{ action: MemberAction; member: MemberRowFragment } | null>(null);
  const [{ data, error }, reload] = useMembersQuery({
    variables: { id: workspace.id, ...pageArguments(place, PAGE_SIZE) },
  });
  const members = data?.workspace?.members;
  const actions: Column<MemberRowFragment> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (member) => (
      <MemberMenu
        workspace={workspace}
        member={member}
        onChoose={(action) => setChosen({ action, member })}
      />
    ),
  };
  const ChosenDialog = chosen?.action === 'role' ? RoleDialog : RemoveDialog;
  return (
    <>
      <Section title="Members" lead="Each role includes the permissions of the roles below it.">
        {error && <Failure error={error} onRetry={reload} />}
        {!members && !error && <Loading what="the members" />}
        {members && (
          <>
            <DataTable
              label="Members"
              columns={[...columnsFor(me.id), actions]}
              rows={members.nodes}
              keyOf={({ user }) => user.id}
            />
            <Pager total={members.totalCount} noun="member" pageInfo={members.pageInfo} onMove={setPlace} />
          </>
        )}
      </Section>
      {!refusalByRole(workspace.viewerRole, 'WORKSPACE_MANAGER') && <Invitations workspace={workspace} />}
      {chosen && (
        <ChosenDialog workspace={workspace} member={chosen.member} onClose={() => setChosen(null)} />
      )}
    </>
  );
}
