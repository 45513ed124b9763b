import { useMemo, useState } from 'react';
import { ChoiceField, FieldGroup } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type TokenAccess, useCreateTokenMutation, useScopeTargetsQuery } from '../generated/hooks.ts';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from './access-choices.ts';
import { PERSONAL_BOUNDS } from './expiry.ts';
import {
  emptyDraft,
  errorsOfScope,
  isComplete,
  type ScopeDraft,
  type ScopeErrors,
  scopePaths,
  toScopeInput,
  toScopeTargets,
} from './scope-draft.ts';
import { ScopeEditor } from './scope-editor.tsx';
import { COMMON_FIELDS, TokenForm } from './token-form.tsx';

function Scopes({
  drafts,
  error,
  errorsOf,
  onChange,
}: {
  drafts: readonly ScopeDraft[];
  error: string | undefined;
  errorsOf: (draft: ScopeDraft) => ScopeErrors;
  onChange: (drafts: readonly ScopeDraft[]) => void;
}) {
  const [{ data, error: failure }, reload] = useScopeTargetsQuery();
  const targets = useMemo(() => data && toScopeTargets(data), [data]);
  return (
    <FieldGroup label="Scopes" error={error}>
      <p className="field-hint">
        Each scope allows certain actions on one kind of resource. A scoped token without scopes can't do
        anything.
      </p>
      {failure && <Failure error={failure} onRetry={reload} />}
      {targets && <ScopeEditor targets={targets} drafts={drafts} errorsOf={errorsOf} onChange={onChange} />}
    </FieldGroup>
  );
}

/** Creates a personal token. Its secret is shown on the token's page. */
export default function NewTokenPage() {
  const [access, setAccess] = useState<TokenAccess>('NONE');
  const [drafts, setDrafts] = useState<readonly ScopeDraft[]>(() => [emptyDraft()]);
  // Each edit makes a new draft object, so the errors of a scope disappear when the user edits it.
  const [sent, setSent] = useState<readonly ScopeDraft[]>([]);
  const form = useSubmit(useCreateTokenMutation(), {
    fields: [...COMMON_FIELDS, 'access', 'scopes', ...sent.flatMap((_, index) => scopePaths(index))],
  });
  const scoped = access === 'SCOPED';
  return (
    <Page title="New access token" lead="Choose a clear name and only the permissions it needs." narrow>
      <TokenForm
        bounds={PERSONAL_BOUNDS}
        listPath="/tokens"
        form={form}
        disabled={scoped && !drafts.every(isComplete)}
        onSubmit={async (fields) => {
          setSent(drafts);
          const input = { ...fields, access, scopes: scoped ? drafts.map(toScopeInput) : null };
          return (await form.submit({ input }))?.createToken;
        }}
      >
        <ChoiceField
          label="Access"
          choices={ACCESS_CHOICES}
          value={access}
          error={form.errors.access}
          onChange={setAccess}
        />
        {access === 'FULL' && <Warning>{FULL_ACCESS_WARNING}</Warning>}
        {scoped && (
          <Scopes
            drafts={drafts}
            error={form.errors.scopes}
            errorsOf={(draft) => errorsOfScope(form.errors, sent.indexOf(draft))}
            onChange={setDrafts}
          />
        )}
      </TokenForm>
    </Page>
  );
}
