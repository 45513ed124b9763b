import { Button, IconButton } from '../components/button.tsx';
import { FieldGroup, TextField } from '../components/field.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import './claims-field.css';
import { type ClaimDraft, emptyClaim } from './federation-draft.ts';

/** The errors of one condition. */
interface ClaimErrors {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

function ClaimFields({
  claim,
  errors,
  onChange,
  onRemove,
}: {
  claim: ClaimDraft;
  errors: ClaimErrors;
  onChange: (claim: ClaimDraft) => void;
  onRemove: (() => void) | null;
}) {
  return (
    <fieldset className="claim">
      <legend className="visually-hidden">{claim.name ? `Claim ${claim.name}` : 'New claim'}</legend>
      <TextField
        label="Claim"
        required
        spellCheck={false}
        placeholder="e.g. sub"
        error={errors.name}
        value={claim.name}
        onChange={(event) => onChange({ ...claim, name: event.target.value })}
      />
      <TextField
        label="Value"
        required
        spellCheck={false}
        placeholder={claim.placeholder}
        error={errors.value}
        value={claim.value}
        onChange={(event) => onChange({ ...claim, value: event.target.value })}
      />
      {onRemove && (
        <IconButton
          label={`Remove ${claim.name || 'the new claim'}`}
          className="icon-button-danger"
          onClick={onRemove}
        >
          <TrashIcon />
        </IconButton>
      )}
    </fieldset>
  );
}

/** Edits the conditions that a JWT must meet. */
export function ClaimsField({
  claims,
  error,
  errorsOf,
  onChange,
}: {
  claims: readonly ClaimDraft[];
  error: string | undefined;
  errorsOf: (index: number) => ClaimErrors;
  onChange: (claims: readonly ClaimDraft[]) => void;
}) {
  return (
    <FieldGroup label="Claims" className="claims" error={error}>
      <p className="field-hint">
        A JWT must have each claim with exactly this value. One star at the end, after / or :, stands for any
        rest. At least one claim names the owner, such as a repository, a project or a service account.
      </p>
      {claims.map((claim, index) => (
        <ClaimFields
          key={claim.key}
          claim={claim}
          errors={errorsOf(index)}
          onChange={(changed) => onChange(claims.map((each) => (each.key === claim.key ? changed : each)))}
          onRemove={
            claims.length > 1 ? () => onChange(claims.filter((each) => each.key !== claim.key)) : null
          }
        />
      ))}
      <Button small onClick={() => onChange([...claims, emptyClaim()])}>
        <PlusIcon />
        Add claim
      </Button>
    </FieldGroup>
  );
}
