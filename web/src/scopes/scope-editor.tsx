import { Button, IconButton } from '../components/button.tsx';
import { FieldGroup } from '../components/field.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import { emptyDraft, isComplete, type ScopeDraft, type ScopeErrors } from './scope-draft.ts';
import { ScopeFields } from './scope-fields.tsx';
import type { ScopeTargets } from './scope-targets.ts';

/** Edits several scopes; another can be added once all are complete. */
function ScopeEditor({
  targets,
  drafts,
  errorsOf,
  onChange,
}: {
  targets: ScopeTargets;
  drafts: readonly ScopeDraft[];
  errorsOf: (draft: ScopeDraft) => ScopeErrors;
  onChange: (drafts: readonly ScopeDraft[]) => void;
}) {
  return (
    <div className="scope-editor">
      {drafts.map((draft, index) => (
        <fieldset key={draft.key} className="scope-row">
          <legend className="visually-hidden">Scope {index + 1}</legend>
          <ScopeFields
            targets={targets}
            draft={draft}
            errors={errorsOf(draft)}
            onChange={(changed) => onChange(drafts.map((each) => (each.key === draft.key ? changed : each)))}
          />
          <IconButton
            label={`Remove scope ${index + 1}`}
            className="icon-button-danger"
            onClick={() => onChange(drafts.filter((each) => each.key !== draft.key))}
          >
            <TrashIcon />
          </IconButton>
        </fieldset>
      ))}
      <Button small disabled={!drafts.every(isComplete)} onClick={() => onChange([...drafts, emptyDraft()])}>
        <PlusIcon />
        Add scope
      </Button>
    </div>
  );
}

/** The field for the scopes of a new token. */
export function ScopesField({
  targets,
  drafts,
  error,
  errorsOf,
  onChange,
}: {
  targets: ScopeTargets | undefined;
  drafts: readonly ScopeDraft[];
  error: string | undefined;
  errorsOf: (draft: ScopeDraft) => ScopeErrors;
  onChange: (drafts: readonly ScopeDraft[]) => void;
}) {
  return (
    <FieldGroup label="Scopes" error={error}>
      <p className="field-hint">Each scope allows certain actions on one kind of resource.</p>
      {targets && <ScopeEditor targets={targets} drafts={drafts} errorsOf={errorsOf} onChange={onChange} />}
    </FieldGroup>
  );
}
