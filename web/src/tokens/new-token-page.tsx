import { useState } from 'react';
import { ChoiceField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type TokenAccess, useCreateTokenMutation } from '../generated/hooks.ts';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from './access-choices.ts';
import { PERSONAL_BOUNDS } from './expiry.ts';
import {
  emptyDraft,
  errorsOfScope,
  isComplete,
  type ScopeDraft,
  scopePaths,
  toScopeInput,
} from './scope-draft.ts';
import { ScopesField } from './scope-editor.tsx';
import { COMMON_FIELDS, LimitsFields, NO_LIMITS, TokenForm, toLimitsInput } from './token-form.tsx';

/** Creates a personal token. Its secret is shown on the token's page. */
export default function NewTokenPage() {
  const [access, setAccess] = useState<TokenAccess>('NONE');
  const [limits, setLimits] = useState(NO_LIMITS);
  const [drafts, setDrafts] = useState<readonly ScopeDraft[]>(() => [emptyDraft()]);
  // Each edit makes a new draft object, so the errors of a scope disappear when the user edits it.
  const [sent, setSent] = useState<readonly ScopeDraft[]>([]);
  const form = useSubmit(useCreateTokenMutation(), {
    fields: [
      ...COMMON_FIELDS,
      'access',
      'scopes',
      'limits',
      ...sent.flatMap((_, index) => scopePaths(index)),
    ],
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
          const scopes = scoped ? drafts.map(toScopeInput) : null;
          const input = { ...fields, access, scopes, limits: toLimitsInput(limits) };
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
          <ScopesField
            drafts={drafts}
            error={form.errors.scopes}
            errorsOf={(draft) => errorsOfScope(form.errors, sent.indexOf(draft))}
            onChange={setDrafts}
          />
        )}
        <LimitsFields value={limits} error={form.errors.limits} onChange={setLimits} />
      </TokenForm>
    </Page>
  );
}
