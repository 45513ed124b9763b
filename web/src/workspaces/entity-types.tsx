import { useState } from 'react';
import { highestRole } from '../../../src/domain/roles.ts';
import { Button, IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { EditIcon, PlusIcon, TrashIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { Loaded } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type Role, useEntityTypesQuery, useUnregisterEntityTypeMutation } from '../generated/hooks.ts';
import { operationName } from '../labels.ts';
import { refusalByRole } from '../roles.ts';
import { EntityTypeDialog } from './entity-type-dialog.tsx';
import type { EntityType } from './entity-type-draft.ts';
import type { Workspace } from './workspace.ts';

function UnregisterDialog({
  workspace,
  name,
  onClose,
}: {
  workspace: Workspace;
  name: string;
  onClose: () => void;
}) {
  const removal = useSubmit(useUnregisterEntityTypeMutation(), { onDone: onClose });
  return (
    <ConfirmDialog
      title={`Unregister “${name}”`}
      action="Unregister"
      form={removal}
      onSubmit={() => removal.submit({ input: { workspaceId: workspace.id, name } }, `${name} unregistered`)}
      onClose={onClose}
    >
      <p>Existing scopes of this type stay, but grant nothing until you register it again.</p>
    </ConfirmDialog>
  );
}

/** Returns the highest role of an operation: unregistering the type requires it. */
function highestRoleOf({ operations }: EntityType): Role {
  return operations.reduce<Role>((role, each) => highestRole(role, each.role), 'VIEWER');
}

const COLUMNS: readonly Column<EntityType>[] = [
  { id: 'name', title: 'Name', cell: ({ name }) => <strong>{name}</strong> },
  {
    id: 'description',
    title: 'Description',
    cell: ({ description }) => description ?? <span className="muted">None</span>,
  },
  {
    id: 'operations',
    title: 'Operations',
    cell: ({ operations }) => operations.map(({ name }) => operationName(name)).join(', '),
  },
];

/** The resource types that a workspace registered for its own services. */
export function EntityTypes({ workspace }: { workspace: Workspace }) {
  const [{ data, error }, reload] = useEntityTypesQuery({ variables: { id: workspace.id } });
  const [editing, setEditing] = useState<EntityType | 'new' | null>(null);
  const [unregistering, setUnregistering] = useState<string | null>(null);
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');
  const actions: Column<EntityType> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (type) => (
      <span className="row-actions">
        <IconButton label={`Edit ${type.name}`} refusal={refusal} onClick={() => setEditing(type)}>
          <EditIcon />
        </IconButton>
        <IconButton
          label={`Unregister ${type.name}`}
          className="icon-button-danger"
          refusal={refusalByRole(workspace.viewerRole, 'ADMINISTRATOR', highestRoleOf(type))}
          onClick={() => setUnregistering(type.name)}
        >
          <TrashIcon />
        </IconButton>
      </span>
    ),
  };
  return (
    <Section
      title="Resource types"
      lead="Register your own resource types so tokens can be scoped to them."
      actions={
        <Button refusal={refusal} onClick={() => setEditing('new')}>
          <PlusIcon />
          Register
        </Button>
      }
    >
      <Loaded value={data?.workspace} error={error} what="the resource types" onRetry={reload}>
        {({ entityTypes }) =>
          entityTypes.length === 0 ? (
            <p className="muted">None. Tokens can be scoped to workspaces, channels and tokens.</p>
          ) : (
            <DataTable
              label="Resource types"
              columns={[...COLUMNS, actions]}
              rows={entityTypes}
              keyOf={({ name }) => name}
            />
          )
        }
      </Loaded>
      {editing !== null && (
        <EntityTypeDialog
          workspace={workspace}
          type={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {unregistering !== null && (
        <UnregisterDialog workspace={workspace} name={unregistering} onClose={() => setUnregistering(null)} />
      )}
    </Section>
  );
}
