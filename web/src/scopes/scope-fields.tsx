import { SelectField, TextField } from '../components/field.tsx';
import { OperationsField } from '../components/operations-field.tsx';
import {
  draftOfType,
  namesWorkspace,
  type ScopeDraft,
  type ScopeErrors,
  takesWorkspace,
} from './scope-draft.ts';
import type { ScopeTargets } from './scope-targets.ts';
import './scope-fields.css';

interface ScopeFieldsProps {
  readonly targets: ScopeTargets;
  readonly draft: ScopeDraft;
  readonly errors: ScopeErrors;
  readonly onChange: (draft: ScopeDraft) => void;
}

function EntityField({ targets, draft, errors, onChange }: ScopeFieldsProps) {
  const entities = targets.entitiesOf(draft.entityType);
  if (draft.entityType !== '' && entities === null) {
    return (
      <TextField
        label="Resource"
        placeholder="All"
        hint="An id, a pattern such as acme/*, or empty for all."
        error={errors.entityPattern ?? errors.entityId}
        value={draft.entityId}
        onChange={(event) => onChange({ ...draft, entityId: event.target.value })}
      />
    );
  }
  return (
    <SelectField
      label="Resource"
      hint={targets.isCut(draft.entityType) && `Only the first ${entities?.length} are listed.`}
      error={errors.entityId}
      disabled={draft.entityType === ''}
      value={draft.entityId}
      onChange={(event) => onChange({ ...draft, entityId: event.target.value })}
    >
      <option value="">{draft.entityType === '' ? 'Choose a type first' : `All ${draft.entityType}s`}</option>
      {entities?.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function WorkspaceField({ targets, draft, errors, onChange }: ScopeFieldsProps) {
  const open = takesWorkspace(draft);
  const all = targets.within?.name ?? 'All workspaces';
  return (
    <SelectField
      label="Workspace"
      error={errors.workspaceId}
      disabled={!open}
      value={open ? draft.workspaceId : ''}
      onChange={(event) => {
        const workspaceId = event.target.value;
        const offered = targets.operationsOf({ ...draft, workspaceId });
        const operations = draft.operations.filter((each) => offered.includes(each));
        onChange({ ...draft, workspaceId, operations });
      }}
    >
      {!(open && namesWorkspace(draft.entityType, targets)) && (
        <option value="">{open || draft.entityType === '' ? all : 'Not applicable'}</option>
      )}
      {targets.workspacesOf(draft.entityType).map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

/** The fields of one scope: type, resource, workspace and operations. */
export function ScopeFields(props: ScopeFieldsProps) {
  const { targets, draft, errors, onChange } = props;
  return (
    <div className="scope-fields">
      <SelectField
        label="Type"
        error={errors.entityType}
        value={draft.entityType}
        onChange={(event) => onChange(draftOfType(draft, event.target.value, targets))}
      >
        <option value="">Choose…</option>
        {targets.types.map((type) => (
          <option key={type}>{type}</option>
        ))}
      </SelectField>
      <EntityField {...props} />
      <WorkspaceField {...props} />
      <div className="scope-operations">
        <OperationsField
          offered={draft.entityType === '' ? [] : targets.operationsOf(draft)}
          value={draft.operations}
          error={errors.operations}
          onChange={(operations) => onChange({ ...draft, operations })}
        />
      </div>
    </div>
  );
}
