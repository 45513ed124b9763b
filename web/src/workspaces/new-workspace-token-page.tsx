import { useState } from 'react';
import { ChoiceField, TextField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Failure, Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDraft } from '../drafts/use-draft.ts';
import { type Role, type TokenAccess, useCreateWorkspaceTokenMutation } from '../generated/hooks.ts';
import { OfferNotice, useDuplicate } from '../new-token/token-offer.tsx';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { describeAbility, describeRole } from '../scopes/describe-access.ts';
import {
  emptyDraft,
  errorsOfScope,
  missingInScopes,
  type ScopeDraft,
  scopePaths,
  toAbilityScope,
  toScopeInput,
} from '../scopes/scope-draft.ts';
import { ScopesField } from '../scopes/scope-editor.tsx';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';
import { WORKSPACE_ACCESS_CHOICES } from '../tokens/access-choices.ts';
import { boundsOfPolicy, expiryOf } from '../tokens/expiry.ts';
import { COMMON_FIELDS, type CommonValue, emptyValue, TokenForm } from '../tokens/token-form.tsx';
import type { Workspace } from './workspace.ts';

const FIELDS = [...COMMON_FIELDS, 'role', 'access', 'scopes', 'subject'] as const;

interface Value extends CommonValue {
  readonly role: Role;
  readonly access: TokenAccess;
  readonly scopes: readonly ScopeDraft[];
  readonly subject: string;
}

/** Returns why the user cannot create a token in a workspace; `null` if they can. */
function refusalOf({ viewerRole }: Workspace, roles: readonly Role[]): string | null {
  const refusal = refusalByRole(viewerRole, 'WORKSPACE_MANAGER');
  if (refusal) return `${refusal}.`;
  return roles.length > 0
    ? null
    : "The token policy of this workspace doesn't allow any role that you can grant.";
}

/** Returns a sentence with what the token will be able to do; `null` while that is undecided. */
function summaryOf(value: Value, workspace: Workspace, targets: ScopeTargets | undefined): string | null {
  const expiresAt = expiryOf(value.expiry, Date.now());
  if (value.access === 'ROLE') {
    return describeRole({ name: value.role, workspace: workspace.name }, expiresAt);
  }
  if (!targets || missingInScopes(value.scopes)) return null;
  return describeAbility(
    { access: value.access, scopes: value.scopes.map(toAbilityScope) },
    targets,
    expiresAt,
  );
}

/** The fields for what a workspace token can do: its role, and scopes if it is limited to them. */
function AccessFields({
  value,
  roles,
  errors,
  sent,
  targets,
  change,
}: {
  value: Value;
  roles: readonly Role[];
  errors: Readonly<Partial<Record<string, string>>>;
  sent: readonly ScopeDraft[];
  targets: ScopeTargets | undefined;
  change: (change: Partial<Value>) => void;
}) {
  return (
    <>
      <RoleField roles={roles} value={value.role} error={errors.role} onChange={(role) => change({ role })} />
      <ChoiceField
        label="Access"
        choices={WORKSPACE_ACCESS_CHOICES}
        value={value.access}
        error={errors.access}
        onChange={(access) => change({ access })}
      />
      {value.access === 'SCOPED' && (
        <ScopesField
          targets={targets}
          drafts={value.scopes}
          error={errors.scopes}
          errorsOf={(each) => errorsOfScope(errors, sent.indexOf(each))}
          onChange={(scopes) => change({ scopes })}
        />
      )}
    </>
  );
}

function NewTokenForm({ workspace, roles }: { workspace: Workspace; roles: readonly Role[] }) {
  const { id: workspaceId, tokenPolicy } = workspace;
  const bounds = boundsOfPolicy(tokenPolicy);
  const draft = useDraft<Value>(`new-token.${workspaceId}`, () => ({
    ...emptyValue(bounds),
    role: roles[0] ?? 'VIEWER',
    access: 'ROLE',
    scopes: [emptyDraft()],
    subject: '',
  }));
  const { value } = draft;
  const { targets, error, reload } = useScopeTargets({ workspaceId });
  const offer = useDuplicate<Value>(targets, bounds, (token) =>
    token.workspace?.id === workspaceId
      ? {
          access: token.access,
          role: roles.find((each) => each === token.role) ?? roles[0] ?? 'VIEWER',
          subject: token.subject ?? '',
        }
      : null,
  );
  const listPath = `/workspaces/${workspaceId}/access-tokens`;
  const [sent, setSent] = useState<readonly ScopeDraft[]>([]);
  const form = useSubmit(useCreateWorkspaceTokenMutation(), {
    fields: [...FIELDS, ...sent.flatMap((_, index) => scopePaths(index))],
  });
  const { role, access } = value;
  const scoped = access === 'SCOPED';
  return (
    <TokenForm
      bounds={bounds}
      draft={draft}
      missing={scoped ? missingInScopes(value.scopes) : null}
      summary={summaryOf(value, workspace, targets)}
      listPath={listPath}
      notice={<OfferNotice offer={offer} draft={draft} path={`${listPath}/new`} />}
      form={form}
      onSubmit={async (fields) => {
        setSent(value.scopes);
        const scopes = scoped ? value.scopes.map(toScopeInput) : null;
        const subject = value.subject.trim() || null;
        const input = { ...fields, workspaceId, role, access, scopes, subject };
        return (await form.submit({ input }))?.createWorkspaceToken;
      }}
    >
      {error && <Failure error={error} onRetry={reload} />}
      <AccessFields {...{ value, roles, sent, targets }} change={draft.change} errors={form.errors} />
      <TextField
        label="Subject (optional)"
        hint="The customer or thing of your product that the token stands for. Your services receive it."
        placeholder="e.g. acme"
        value={value.subject}
        error={form.errors.subject}
        onChange={(event) => draft.change({ subject: event.target.value })}
      />
    </TokenForm>
  );
}

/** Creates a workspace token. Its secret is shown on the token's page. */
export function NewWorkspaceTokenPage({ workspace }: { workspace: Workspace }) {
  const { name, tokenPolicy, viewerRole } = workspace;
  const roles = rolesUpTo(viewerRole).filter((each) => tokenPolicy.tokenRoles.includes(each));
  const refusal = refusalOf(workspace, roles);
  return (
    <Page title="New workspace token" lead={`This token will belong to ${name}.`} narrow>
      {refusal ? <Problem>{refusal}</Problem> : <NewTokenForm workspace={workspace} roles={roles} />}
    </Page>
  );
}
