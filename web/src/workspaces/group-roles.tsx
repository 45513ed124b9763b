import { useState } from 'react';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { ConfirmDialog, FormDialog } from '../components/dialog.tsx';
import { SelectField, TextField } from '../components/field.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Failure } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type GroupRolesQuery,
  type Role,
  useGroupRolesQuery,
  useRemoveGroupRoleMutation,
  useSetGroupRoleMutation,
} from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import type { Workspace } from './workspace.ts';

type GroupRole = NonNullable<GroupRolesQuery['workspace']>['groupRoles'][number];
type Provider = NonNullable<GroupRolesQuery['signInOptions']>['providers'][number];

interface Props {
  readonly workspace: Workspace;
  readonly providers: readonly Provider[];
}

/** Gives a group a role. */
function GroupDialog({ workspace, providers, onClose }: Props & { onClose: () => void }) {
  const [provider, setProvider] = useState(providers[0]?.id ?? '');
  const [group, setGroup] = useState('');
  const [role, setRole] = useState<Role>('VIEWER');
  const update = useSubmit(useSetGroupRoleMutation(), { fields: ['group', 'role'], onDone: onClose });
  return (
    <FormDialog
      title={`Group in ${workspace.name}`}
      action="Save"
      disabled={group === ''}
      form={update}
      onSubmit={() =>
        update.submit(
          { input: { workspaceId: workspace.id, provider, group, role } },
          `The group ${group} now gives the ${ROLE_NAMES[role]} role`,
        )
      }
      onClose={onClose}
    >
      <SelectField label="Provider" value={provider} onChange={(event) => setProvider(event.target.value)}>
        {providers.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Group"
        error={update.errors.group}
        required
        hint="Exactly as the provider writes it. The server operator lists the groups that can have a role."
        value={group}
        onChange={(event) => setGroup(event.target.value)}
      />
      <RoleField
        error={update.errors.role}
        roles={rolesUpTo('ADMINISTRATOR')}
        value={role}
        onChange={setRole}
      />
    </FormDialog>
  );
}

interface RemovalProps extends Pick<Props, 'workspace'> {
  readonly groupRole: GroupRole;
  readonly onClose: () => void;
}

/** Takes the role of a group away. */
function RemovalDialog({ workspace, groupRole: { provider, group, role }, onClose }: RemovalProps) {
  const removal = useSubmit(useRemoveGroupRoleMutation(), { onDone: onClose });
  return (
    <ConfirmDialog
      title={`Remove the group ${group}`}
      action="Remove"
      form={removal}
      onSubmit={() =>
        removal.submit(
          { input: { workspaceId: workspace.id, provider, group } },
          `The group ${group} gives no role now`,
        )
      }
      onClose={onClose}
    >
      <p>
        Members who have the {ROLE_NAMES[role]} role by this group alone lose it immediately. Those without
        another role leave {workspace.name}, and their channel shares are deleted.
      </p>
    </ConfirmDialog>
  );
}

function GroupTable({ workspace, providers, rows }: Props & { rows: readonly GroupRole[] }) {
  const [removed, setRemoved] = useState<GroupRole | null>(null);
  const columns: readonly Column<GroupRole>[] = [
    { id: 'group', title: 'Group', cell: ({ group }) => <strong>{group}</strong> },
    {
      id: 'provider',
      title: 'Provider',
      cell: ({ provider }) =>
        providers.find(({ id }) => id === provider)?.label ?? `${provider} (not used now)`,
    },
    { id: 'role', title: 'Role', cell: ({ role }) => ROLE_NAMES[role] },
    {
      id: 'actions',
      title: 'Actions',
      untitled: true,
      cell: (groupRole) => (
        <Button
          small
          variant="danger-quiet"
          refusal={refusalByRole(workspace.viewerRole, 'OWNER')}
          onClick={() => setRemoved(groupRole)}
        >
          Remove
        </Button>
      ),
    },
  ];
  return (
    <>
      <DataTable
        label="Groups"
        columns={columns}
        rows={rows}
        keyOf={({ provider, group }) => `${provider} ${group}`}
      />
      {removed && (
        <RemovalDialog workspace={workspace} groupRole={removed} onClose={() => setRemoved(null)} />
      )}
    </>
  );
}

/** The roles of groups of identity providers. Hidden without providers and groups. */
export function GroupRoles({ workspace }: { workspace: Workspace }) {
  const [{ data, error }, reload] = useGroupRolesQuery({ variables: { id: workspace.id } });
  const [adding, setAdding] = useState(false);
  const rows = data?.workspace?.groupRoles ?? [];
  const providers = data?.signInOptions?.providers ?? [];
  if (error && !data) return <Failure error={error} onRetry={reload} />;
  if (rows.length + providers.length === 0) return null;
  return (
    <Section
      title="Groups"
      lead="People in these groups of an identity provider have at least this role."
      actions={
        providers.length > 0 && (
          <Button refusal={refusalByRole(workspace.viewerRole, 'OWNER')} onClick={() => setAdding(true)}>
            <PlusIcon />
            Add group
          </Button>
        )
      }
    >
      {rows.length === 0 ? (
        <p className="muted">No group gives a role here.</p>
      ) : (
        <GroupTable workspace={workspace} providers={providers} rows={rows} />
      )}
      {adding && <GroupDialog workspace={workspace} providers={providers} onClose={() => setAdding(false)} />}
    </Section>
  );
}
