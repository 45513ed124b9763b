import { type FormEvent, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { describeFormError } from '../api/errors.ts';
import { Button, ButtonLink } from '../components/button.tsx';
import { ChoiceField, TextAreaField, TextField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Problem, Warning } from '../components/states.tsx';
import {
  type CreateTokenInput,
  type TokenAccess,
  useCreateTokenMutation,
  useScopeTargetsQuery,
} from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from './access-choices.ts';
import { firstChoice, isComplete as isExpiryComplete, PERSONAL_BOUNDS, toExpiryInput } from './expiry.ts';
import { ExpiryField } from './expiry-field.tsx';
import { emptyDraft, isComplete, type ScopeDraft, toScopeInput, toScopeTargets } from './scope-draft.ts';
import { ScopeEditor } from './scope-editor.tsx';
import './new-token-page.css';

function useNewToken() {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [expiry, setExpiry] = useState(() => firstChoice(PERSONAL_BOUNDS));
  const [access, setAccess] = useState<TokenAccess>('NONE');
  const [drafts, setDrafts] = useState<readonly ScopeDraft[]>(() => [emptyDraft()]);
  const complete =
    name.trim() !== '' && isExpiryComplete(expiry) && (access !== 'SCOPED' || drafts.every(isComplete));
  const input: CreateTokenInput | null = complete
    ? {
        name,
        description: description.trim() || null,
        expires: toExpiryInput(expiry),
        access,
        scopes: access === 'SCOPED' ? drafts.map(toScopeInput) : null,
      }
    : null;
  return {
    name,
    setName,
    description,
    setDescription,
    expiry,
    setExpiry,
    access,
    setAccess,
    drafts,
    setDrafts,
    input,
  };
}

function Scopes({
  drafts,
  onChange,
}: {
  drafts: readonly ScopeDraft[];
  onChange: (d: readonly ScopeDraft[]) => void;
}) {
  const [{ data, error }, reload] = useScopeTargetsQuery();
  const targets = useMemo(() => data && toScopeTargets(data), [data]);
  return (
    <fieldset className="choices">
      <legend>Scopes</legend>
      <p className="field-hint">
        Each scope allows certain actions on one kind of resource. A scoped token without scopes can't do
        anything.
      </p>
      {error && <Failure error={error} onRetry={reload} />}
      {targets && <ScopeEditor targets={targets} drafts={drafts} onChange={onChange} />}
    </fieldset>
  );
}

/** Creates a personal token. Its secret is shown on the token's page. */
export default function NewTokenPage() {
  const form = useNewToken();
  const [{ fetching, error }, create] = useCreateTokenMutation();
  const errors = describeFormError(error, ['name', 'description', 'expires']);
  const { show } = useFreshSecrets();
  const [, go] = useLocation();

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { data } = form.input ? await create({ input: form.input }) : {};
    const created = data?.createToken;
    if (!created) return;
    const tokenId = created.token?.id ?? null;
    show({ kind: 'token', tokenId, secret: created.secret, event: 'created' });
    go(tokenId === null ? '/tokens' : `/tokens/${tokenId}`, { replace: true });
  }

  return (
    <Page title="New access token" lead="Choose a clear name and only the permissions it needs." narrow>
      <form className="new-token" onSubmit={submit}>
        <TextField
          label="Name"
          error={errors.fields.name}
          placeholder="e.g. CI deploy"
          required
          maxLength={100}
          value={form.name}
          onChange={(event) => form.setName(event.target.value)}
        />
        <TextAreaField
          label="Description (optional)"
          error={errors.fields.description}
          maxLength={500}
          rows={2}
          value={form.description}
          onChange={(event) => form.setDescription(event.target.value)}
        />
        <ExpiryField
          error={errors.fields.expires}
          bounds={PERSONAL_BOUNDS}
          value={form.expiry}
          onChange={form.setExpiry}
        />
        <ChoiceField label="Access" choices={ACCESS_CHOICES} value={form.access} onChange={form.setAccess} />
        {form.access === 'FULL' && <Warning>{FULL_ACCESS_WARNING}</Warning>}
        {form.access === 'SCOPED' && <Scopes drafts={form.drafts} onChange={form.setDrafts} />}
        {errors.form && <Problem>{errors.form}</Problem>}
        <div className="page-actions">
          <Button type="submit" variant="primary" disabled={!form.input} busy={fetching}>
            Create token
          </Button>
          <ButtonLink href="/tokens" variant="quiet">
            Cancel
          </ButtonLink>
        </div>
      </form>
    </Page>
  );
}
