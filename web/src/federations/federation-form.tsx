import { type FormEvent, useState } from 'react';
import { Checkbox, type Choice, ChoiceField, TextField } from '../components/field.tsx';
import { FormActions } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Failure, Problem } from '../components/states.tsx';
import type { Submission } from '../components/use-submit.ts';
import { DraftNotice } from '../drafts/draft-notice.tsx';
import type { Draft } from '../drafts/use-draft.ts';
import { rolesUpTo } from '../roles.ts';
import { errorsOfScope, type GivenScope, type ScopeDraft, scopePaths } from '../scopes/scope-draft.ts';
import { ScopesField } from '../scopes/scope-editor.tsx';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';
import '../tokens/token-form.css';
import type { Workspace } from '../workspaces/workspace.ts';
import { ClaimsField } from './claims-field.tsx';
import {
  type ClaimDraft,
  type FederationAccess,
  type FederationValue,
  missingIn,
} from './federation-draft.ts';
import { OtherScopes } from './other-scopes.tsx';

const ACCESS_CHOICES: readonly Choice<FederationAccess>[] = [
  { value: 'ROLE', title: 'By role', description: 'Everything that its role can do.' },
  { value: 'SCOPED', title: 'Scoped', description: 'Only what you select below, within the role.' },
];

/** Returns the paths of the input that the form shows errors for, with those of the claims and scopes that were sent. */
export function fieldsOf({ claims, scopes, otherScopes }: Sent) {
  return [
    ...(['name', 'issuer', 'audience', 'claims', 'role', 'scopes', 'maxLifetime', 'singleUse'] as const),
    ...claims.flatMap((_, index) => [`claims.${index}.name`, `claims.${index}.value`] as const),
    ...[...scopes, ...otherScopes].flatMap((_, index) => scopePaths(index)),
  ];
}

type Field = ReturnType<typeof fieldsOf>[number];

/** The claims and scopes of the last submission, whose errors the form shows. */
type Sent = Pick<FederationValue, 'claims' | 'scopes' | 'otherScopes'>;

/** Returns the claims and scopes that were sent last, and a function that remembers those of a submission. */
export function useSent(): readonly [Sent, (sent: Sent) => void] {
  return useState<Sent>({ claims: [], scopes: [], otherScopes: [] });
}

interface FormProps {
  readonly workspace: Workspace;
  readonly draft: Draft<FederationValue>;
  readonly form: Submission<Field>;
  readonly sent: Sent;
}

/** The fields for what the tokens can do, and for how long. */
function TokenFields({ workspace, draft, form: { errors }, sent }: FormProps) {
  const { value, change } = draft;
  const { targets, error, reload } = useScopeTargets({ workspaceId: workspace.id });
  const errorsOf = (scope: ScopeDraft | GivenScope) =>
    errorsOfScope(errors, [...sent.scopes, ...sent.otherScopes].indexOf(scope));
  return (
    <>
      <RoleField
        roles={rolesUpTo(workspace.viewerRole)}
        value={value.role}
        error={errors.role}
        onChange={(role) => change({ role })}
      />
      <ChoiceField
        label="Access of the tokens"
        choices={ACCESS_CHOICES}
        value={value.access}
        onChange={(access) => change({ access })}
      />
      {value.access === 'SCOPED' && error && <Failure error={error} onRetry={reload} />}
      {value.access === 'SCOPED' && (
        <ScopesField
          targets={targets}
          drafts={value.scopes}
          error={errors.scopes}
          errorsOf={errorsOf}
          onChange={(scopes) => change({ scopes })}
        />
      )}
      {value.access === 'SCOPED' && targets && (
        <OtherScopes
          targets={targets}
          scopes={value.otherScopes}
          errorsOf={errorsOf}
          onChange={(otherScopes) => change({ otherScopes })}
        />
      )}
      <TextField
        label="Minutes that a token is valid"
        type="number"
        required
        min={1}
        max={60}
        step="any"
        error={errors.maxLifetime}
        value={value.minutes}
        onChange={(event) => change({ minutes: event.target.value })}
      />
      <Checkbox
        label="Each JWT works once"
        hint="Turn it off for jobs and pods that exchange the same JWT several times."
        checked={value.singleUse}
        onChange={(event) => change({ singleUse: event.target.checked })}
      />
    </>
  );
}

/** The form of a federation; `children` are the fields that only a new one has. */
export function FederationForm({
  action,
  children,
  onSubmit,
  onCancel,
  ...props
}: FormProps & {
  action: string;
  children?: React.ReactNode;
  onSubmit: () => void;
  onCancel: () => void;
}) {
  const { draft, form, sent } = props;
  const { value, change } = draft;
  const missing = missingIn(value);

  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    if (missing === '' && !form.busy) onSubmit();
  }

  return (
    <form className="token-form" onSubmit={handleSubmit}>
      <DraftNotice draft={draft} />
      {children}
      <TextField
        label="Name"
        required
        placeholder="e.g. Deploy website"
        error={form.errors.name}
        value={value.name}
        onChange={(event) => change({ name: event.target.value })}
      />
      <ClaimsField
        claims={value.claims}
        error={form.errors.claims}
        errorsOf={(index) => {
          const at = sent.claims.indexOf(value.claims[index] as ClaimDraft);
          return { name: form.errors[`claims.${at}.name`], value: form.errors[`claims.${at}.value`] };
        }}
        onChange={(claims) => change({ claims })}
      />
      <TokenFields {...props} />
      {form.problem && <Problem>{form.problem}</Problem>}
      <FormActions action={action} busy={form.busy} missing={missing} onCancel={onCancel} />
    </form>
  );
}
