import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { ConfirmDialog, FormDialog } from '../components/dialog.tsx';
import { Checkbox } from '../components/field.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type MemberRowFragment,
  useRemoveMemberMutation,
  useTokensCreatedByQuery,
  useUpdateMemberRoleMutation,
} from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { useMe } from '../session/session-gate.tsx';
import type { Workspace } from './workspace.ts';

/** A member, and how to close the dialog about them. */
export interface MemberDialogProps {
  readonly workspace: Workspace;
  readonly member: MemberRowFragment;
  readonly onClose: () => void;
}

/** Changes the role of a member. */
export function RoleDialog({ workspace, member, onClose }: MemberDialogProps) {
  const [role, setRole] = useState(member.directRole ?? member.role);
  const update = useSubmit(useUpdateMemberRoleMutation(), { fields: ['role'], onDone: onClose });
  return (
    <FormDialog
      title={`Role of ${member.user.name}`}
      action="Save"
      form={update}
      onSubmit={() =>
        update.submit(
          { input: { workspaceId: workspace.id, userId: member.user.id, role } },
          ({ updateMemberRole }) =>
            `${member.user.name} now has the ${ROLE_NAMES[updateMemberRole?.member?.role ?? role]} role`,
        )
      }
      onClose={onClose}
    >
      <RoleField
        error={update.errors.role}
        roles={rolesUpTo(workspace.viewerRole)}
        value={role}
        onChange={setRole}
      />
      {member.groupRoles.length > 0 && (
        <p className="muted">This is the direct role. If a group gives a higher one, that applies.</p>
      )}
      <CreatedTokens workspace={workspace} member={member} />
    </FormDialog>
  );
}

/** Lists the workspace tokens that a member created, with `children` below the list. */
function CreatedTokens({
  workspace,
  member,
  children,
}: Pick<MemberDialogProps, 'workspace' | 'member'> & { children?: ReactNode }) {
  const [{ data, error }, reload] = useTokensCreatedByQuery({
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

/** Removes a member, or lets the user leave. */
export function RemoveDialog({ workspace, member, onClose }: MemberDialogProps) {
  const { id: myId } = useMe();
  const [, go] = useLocation();
  const removal = useSubmit(useRemoveMemberMutation(), { onDone: onClose });
  const [revokeCreated, setRevokeCreated] = useState(false);
  const canRevoke = !refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');
  const leaving = member.user.id === myId;
  async function confirm() {
    const input = { workspaceId: workspace.id, userId: member.user.id, revokeCreated };
    const done = leaving ? `You left ${workspace.name}` : `${member.user.name} removed`;
    if ((await removal.submit({ input }, done)) && leaving) go('/workspaces', { replace: true });
  }
  return (
    <ConfirmDialog
      title={leaving ? `Leave ${workspace.name}` : `Remove ${member.user.name}`}
      action={leaving ? 'Leave' : 'Remove'}
      form={removal}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>
        {leaving
          ? `You and your personal tokens lose access to ${workspace.name} immediately. Your`
          : `${member.user.name} and their personal tokens lose access to ${workspace.name} immediately. Their`}{' '}
        channel shares and pending invitations are deleted. Workspace tokens stay.
      </p>
      {canRevoke && (
        <CreatedTokens workspace={workspace} member={member}>
          <Checkbox
            label="Also revoke these tokens"
            checked={revokeCreated}
            onChange={(event) => setRevokeCreated(event.target.checked)}
          />
        </CreatedTokens>
      )}
    </ConfirmDialog>
  );
}
