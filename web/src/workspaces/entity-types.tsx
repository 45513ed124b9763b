import { useState } from 'react';
import { OPERATIONS, type Operation } from '../../../src/domain/scopes.ts';
import { Button, IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { ConfirmDialog, FormDialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import { OperationsField } from '../components/operations-field.tsx';
import { Section } from '../components/page.tsx';
import { Loaded } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type EntityTypesQuery,
  useEntityTypesQuery,
  useRegisterEntityTypeMutation,
  useUnregisterEntityTypeMutation,
} from '../generated/hooks.ts';
import { operationName } from '../labels.ts';
import { refusalByRole } from '../roles.ts';
import type { Workspace } from './workspace.ts';

type EntityType = NonNullable<EntityTypesQuery['workspace']>['entityTypes'][number];

function RegisterDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [operations, setOperations] = useState<readonly Operation[]>([]);
  const registration = useSubmit(useRegisterEntityTypeMutation(), {
    fields: ['name', 'description', 'operations'],
    onDone: onClose,
  });
  function submit() {
    const input = {
      workspaceId: workspace.id,
      name,
      description: description.trim() || null,
      operations: [...operations],
    };
    return registration.submit({ input }, `${name} registered`);
  }
  return (
    <FormDialog
      title="Register a resource type"
      action="Register"
      disabled={name === '' || operations.length === 0}
      form={registration}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        error={registration.errors.name}
        required
        pattern="[a-z][a-z0-9_\-]{0,49}"
        hint="Used in scopes. Lowercase letters, digits, - and _."
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Description (optional)"
        error={registration.errors.description}
        maxLength={500}
        value={description}
        onChange={(event) => setDescription(event.target.value)}
      />
      <OperationsField
        offered={OPERATIONS}
        value={operations}
        error={registration.errors.operations}
        onChange={setOperations}
      />
    </FormDialog>
  );
}

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
    cell: ({ operations }) => operations.map(operationName).join(', '),
  },
];

/** The resource types that a workspace registered for its own services. */
export function EntityTypes({ workspace }: { workspace: Workspace }) {
  const [{ data, error }, reload] = useEntityTypesQuery({ variables: { id: workspace.id } });
  const [registering, setRegistering] = useState(false);
  const [unregistering, setUnregistering] = useState<string | null>(null);
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');
  const actions: Column<EntityType> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: ({ name }) => (
      <IconButton
        label={`Unregister ${name}`}
        className="icon-button-danger"
        refusal={refusal}
        onClick={() => setUnregistering(name)}
      >
        <TrashIcon />
      </IconButton>
    ),
  };
  return (
    <Section
      title="Resource types"
      lead="Register your own resource types so tokens can be scoped to them."
      actions={
        <Button refusal={refusal} onClick={() => setRegistering(true)}>
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
      {registering && <RegisterDialog workspace={workspace} onClose={() => setRegistering(false)} />}
      {unregistering !== null && (
        <UnregisterDialog workspace={workspace} name={unregistering} onClose={() => setUnregistering(null)} />
      )}
    </Section>
  );
}
