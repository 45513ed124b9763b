import { useState } from 'react';
import { Badge } from '../components/badge.tsx';
import { IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { MoreIcon } from '../components/icons.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import { Section } from '../components/page.tsx';
import { type PagePosition, Pager, pageArguments } from '../components/pager.tsx';
import { Loaded } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { type MemberRowFragment, useMembersQuery } from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole } from '../roles.ts';
import { useMe } from '../session/session-gate.tsx';
import { GroupRoles } from './group-roles.tsx';
import { Invitations } from './invitations.tsx';
import { type MemberDialogProps, RemoveDialog, RoleDialog } from './member-dialogs.tsx';
import type { Workspace } from './workspace.ts';
import './members-tab.css';

const PAGE_SIZE = 50;

type MemberAction = 'role' | 'remove';

function MemberMenu({
  workspace: { viewerRole },
  member,
  onChoose,
}: Pick<MemberDialogProps, 'workspace' | 'member'> & { onChoose: (action: MemberAction) => void }) {
  const { id: myId } = useMe();
  const isSelf = member.user.id === myId;
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
      <MenuItem danger refusal={isSelf ? null : refusal} onSelect={() => onChoose('remove')}>
        {isSelf ? 'Leave' : 'Remove'}
      </MenuItem>
    </Menu>
  );
}

/** The role of a member and, if groups give one too, where each comes from. */
function RoleSources({ member: { role, directRole, groupRoles } }: { member: MemberRowFragment }) {
  if (groupRoles.length === 0) return ROLE_NAMES[role];
  return (
    <>
      {ROLE_NAMES[role]}
      <ul className="role-sources">
        {directRole && <li>{ROLE_NAMES[directRole]}, given directly</li>}
        {groupRoles.map((groupRole) => (
          <li key={`${groupRole.provider} ${groupRole.group}`}>
            {ROLE_NAMES[groupRole.role]} by the group <strong>{groupRole.group}</strong>
          </li>
        ))}
      </ul>
    </>
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
    { id: 'role', title: 'Role', cell: (member) => <RoleSources member={member} /> },
    { id: 'joined', title: 'Joined', cell: ({ joinedAt }) => <Time value={joinedAt} /> },
  ];
}

/** The members of a workspace and its pending invitations. */
export function MembersTab({ workspace }: { workspace: Workspace }) {
  const me = useMe();
  const [position, setPosition] = useState<PagePosition>({});
  const [chosen, setChosen] = useState<{ action: MemberAction; member: MemberRowFragment } | null>(null);
  const [{ data, error }, reload] = useMembersQuery({
    variables: { id: workspace.id, ...pageArguments(position, PAGE_SIZE) },
  });
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
        <Loaded value={data?.workspace?.members} error={error} what="the members" onRetry={reload}>
          {({ nodes, totalCount, pageInfo }) => (
            <>
              <DataTable
                label="Members"
                columns={[...columnsFor(me.id), actions]}
                rows={nodes}
                keyOf={({ user }) => user.id}
              />
              <Pager
                total={totalCount}
                shown={nodes.length}
                size={PAGE_SIZE}
                noun="member"
                position={position}
                pageInfo={pageInfo}
                onMove={setPosition}
              />
            </>
          )}
        </Loaded>
      </Section>
      <GroupRoles workspace={workspace} />
      {!refusalByRole(workspace.viewerRole, 'WORKSPACE_MANAGER') && <Invitations workspace={workspace} />}
      {chosen && (
        <ChosenDialog workspace={workspace} member={chosen.member} onClose={() => setChosen(null)} />
      )}
    </>
  );
}
