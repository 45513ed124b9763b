import { useState } from 'react';
import { OPERATIONS } from '../../../src/domain/scopes.ts';
import { Button, IconButton } from '../components/button.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { FieldGroup, SelectField, TextField } from '../components/field.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import { OperationsField } from '../components/operations-field.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type Role, useRegisterEntityTypeMutation } from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { rolesUpTo } from '../roles.ts';
import {
  draftOf,
  type EntityType,
  type EntityTypeDraft,
  emptyOperation,
  isComplete,
  type OperationDraft,
  toOperationInputs,
  toOperationName,
} from './entity-type-draft.ts';
import './entity-type-dialog.css';
import type { Workspace } from './workspace.ts';

function OwnOperation({
  operation,
  roles,
  onChange,
  onRemove,
}: {
  operation: OperationDraft;
  roles: readonly Role[];
  onChange: (operation: OperationDraft) => void;
  onRemove: () => void;
}) {
  const title = operation.name || 'the new operation';
  return (
    <fieldset className="own-operation">
      <legend className="visually-hidden">{operation.name || 'New operation'}</legend>
      <TextField
        label="Operation"
        required
        pattern="[A-Z][A-Z0-9_]{0,49}"
        placeholder="REFUND"
        value={operation.name}
        onChange={(event) => onChange({ ...operation, name: toOperationName(event.target.value) })}
      />
      <SelectField
        label="Lowest role"
        value={operation.role}
        onChange={(event) => onChange({ ...operation, role: event.target.value as Role })}
      >
        {roles.map((role) => (
          <option key={role} value={role}>
            {ROLE_NAMES[role]}
          </option>
        ))}
      </SelectField>
      <TextField
        label="What it does (optional)"
        value={operation.description}
        onChange={(event) => onChange({ ...operation, description: event.target.value })}
      />
      <IconButton label={`Remove ${title}`} className="icon-button-danger" onClick={onRemove}>
        <TrashIcon />
      </IconButton>
    </fieldset>
  );
}

function OwnOperations({
  draft,
  roles,
  error,
  onChange,
}: {
  draft: EntityTypeDraft;
  roles: readonly Role[];
  error: string | undefined;
  onChange: (own: readonly OperationDraft[]) => void;
}) {
  const { own } = draft;
  return (
    <FieldGroup label="Your own operations" className="own-operations" error={error}>
      {own.map((operation) => (
        <OwnOperation
          key={operation.key}
          operation={operation}
          roles={roles}
          onChange={(changed) => onChange(own.map((each) => (each.key === changed.key ? changed : each)))}
          onRemove={() => onChange(own.filter((each) => each !== operation))}
        />
      ))}
      <Button small onClick={() => onChange([...own, emptyOperation()])}>
        <PlusIcon />
        Add operation
      </Button>
    </FieldGroup>
  );
}

/** Registers a resource type, or edits the given one. */
export function EntityTypeDialog({
  workspace,
  type,
  onClose,
}: {
  workspace: Workspace;
  type: EntityType | null;
  onClose: () => void;
}) {
  const [draft, setDraft] = useState(() => draftOf(type));
  const registration = useSubmit(useRegisterEntityTypeMutation(), {
    fields: ['name', 'description', 'operations'],
    onDone: onClose,
  });
  const { name, description, builtIn } = draft;
  function submit() {
    const operations = toOperationInputs(draft, type);
    const input = { workspaceId: workspace.id, name, description: description.trim() || null, operations };
    return registration.submit({ input }, type ? `${name} saved` : `${name} registered`);
  }
  return (
    <FormDialog
      title={type ? `Edit “${type.name}”` : 'Register a resource type'}
      action={type ? 'Save' : 'Register'}
      disabled={!isComplete(draft)}
      form={registration}
      onSubmit={submit}
      onClose={onClose}
    >
      {type === null && (
        <TextField
          label="Name"
          error={registration.errors.name}
          required
          pattern="[a-z][a-z0-9_\-]{0,49}"
          hint="Used in scopes. Lowercase letters, digits, - and _."
          value={name}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
        />
      )}
      <TextField
        label="Description (optional)"
        error={registration.errors.description}
        value={description}
        onChange={(event) => setDraft({ ...draft, description: event.target.value })}
      />
      <OperationsField
        offered={OPERATIONS}
        value={builtIn}
        onChange={(operations) => setDraft({ ...draft, builtIn: operations })}
      />
      <OwnOperations
        draft={draft}
        roles={rolesUpTo(workspace.viewerRole)}
        error={registration.errors.operations}
        onChange={(own) => setDraft({ ...draft, own })}
      />
      {type && <p className="muted">Tokens lose an operation that you remove with their next request.</p>}
    </FormDialog>
  );
}
