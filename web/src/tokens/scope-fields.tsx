import { OPERATIONS } from '../../../src/domain/scopes.ts';
import { Checkbox, SelectField, TextField } from '../components/field.tsx';
import { OPERATION_NAMES } from '../words.ts';
import { type ScopeDraft, type ScopeTargets, takesWorkspace } from './scope-draft.ts';
import './scope-fields.css';

interface ScopeFieldsProps {
  readonly targets: ScopeTargets;
  readonly draft: ScopeDraft;
  readonly onChange: (draft: ScopeDraft) => void;
}

function EntityField({ targets, draft, onChange }: ScopeFieldsProps) {
  const entities = targets.entitiesOf(draft.entityType);
  if (draft.entityType !== '' && entities === null) {
    return (
      <TextField
        label="Entity"
        placeholder="All, or the id of one"
        value={draft.entityId}
        onChange={(event) => onChange({ ...draft, entityId: event.target.value })}
      />
    );
  }
  return (
    <SelectField
      label="Entity"
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

function WorkspaceField({ targets, draft, onChange }: ScopeFieldsProps) {
  const open = takesWorkspace(draft);
  return (
    <SelectField
      label="Workspace"
      disabled={!open}
      value={open ? draft.workspaceId : ''}
      onChange={(event) => onChange({ ...draft, workspaceId: event.target.value })}
    >
      <option value="">{open || draft.entityType === '' ? 'All workspaces' : 'Not needed'}</option>
      {targets.workspaces.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function OperationsField({ targets, draft, onChange }: ScopeFieldsProps) {
  const offered = targets.types.get(draft.entityType) ?? [];
  return (
    <fieldset className="scope-operations">
      <legend>Operations</legend>
      {offered.length === 0 && <span className="muted">Choose a type first</span>}
      {offered.map((operation) => (
        <Checkbox
          key={operation}
          label={OPERATION_NAMES[operation]}
          checked={draft.operations.includes(operation)}
          onChange={({ target }) => {
            const wanted = OPERATIONS.filter((each) =>
              each === operation ? target.checked : draft.operations.includes(each),
            );
            onChange({ ...draft, operations: wanted });
          }}
        />
      ))}
    </fieldset>
  );
}

/** One scope: a type, then one of its entities or all, then where, then what may be done. */
export function ScopeFields(props: ScopeFieldsProps) {
  const { targets, draft, onChange } = props;
  return (
    <div className="scope-fields">
      <SelectField
        label="Type"
        value={draft.entityType}
        onChange={(event) =>
          onChange({
            ...draft,
            entityType: event.target.value,
            entityId: '',
            workspaceId: '',
            operations: [],
          })
        }
      >
        <option value="">Choose…</option>
        {[...targets.types.keys()].map((type) => (
          <option key={type}>{type}</option>
        ))}
      </SelectField>
      <EntityField {...props} />
      <WorkspaceField {...props} />
      <OperationsField {...props} />
    </div>
  );
}
