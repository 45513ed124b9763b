import { useState } from 'react';
import { ChoiceField, TextField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type Role, type TokenAccess, useCreateWorkspaceTokenMutation } from '../generated/hooks.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { WORKSPACE_ACCESS_CHOICES } from '../tokens/access-choices.ts';
import { boundsOfPolicy } from '../tokens/expiry.ts';
import {
  emptyDraft,
  errorsOfScope,
  isComplete,
  type ScopeDraft,
  scopePaths,
  toScopeInput,
} from '../tokens/scope-draft.ts';
import { ScopesField } from '../tokens/scope-editor.tsx';
import { COMMON_FIELDS, LimitsFields, NO_LIMITS, TokenForm, toLimitsInput } from '../tokens/token-form.tsx';
import type { Workspace } from './workspace.ts';

const FIELDS = [...COMMON_FIELDS, 'role', 'access', 'scopes', 'subject', 'limits'] as const;

/** Returns why the user cannot create a token in a workspace; `null` if they can. */
function refusalOf({ viewerRole }: Workspace, roles: readonly Role[]): string | null {
  const refusal = refusalByRole(viewerRole, 'WORKSPACE_MANAGER');
  if (refusal) return `${refusal}.`;
  return roles.length > 0
    ? null
    : "The token policy of this workspace doesn't allow any role that you can grant.";
}

/** Creates a workspace token. Its secret is shown on the token's page. */
export function NewWorkspaceTokenPage({ workspace }: { workspace: Workspace }) {
  const { id: workspaceId, name, tokenPolicy, viewerRole } = workspace;
  const roles = rolesUpTo(viewerRole).filter((each) => tokenPolicy.tokenRoles.includes(each));
  const [role, setRole] = useState<Role>(roles[0] ?? 'VIEWER');
  const [access, setAccess] = useState<TokenAccess>('ROLE');
  const [drafts, setDrafts] = useState<readonly ScopeDraft[]>(() => [emptyDraft()]);
  const [sent, setSent] = useState<readonly ScopeDraft[]>([]);
  const [subject, setSubject] = useState('');
  const [limits, setLimits] = useState(NO_LIMITS);
  const form = useSubmit(useCreateWorkspaceTokenMutation(), {
    fields: [...FIELDS, ...sent.flatMap((_, index) => scopePaths(index))],
  });
  const scoped = access === 'SCOPED';
  const refusal = refusalOf(workspace, roles);
  return (
    <Page title="New workspace token" lead={`This token will belong to ${name}.`} narrow>
      {refusal ? (
        <Problem>{refusal}</Problem>
      ) : (
        <TokenForm
          bounds={boundsOfPolicy(tokenPolicy)}
          listPath={`/workspaces/${workspaceId}/access-tokens`}
          form={form}
          disabled={scoped && !drafts.every(isComplete)}
          onSubmit={async (fields) => {
            setSent(drafts);
            const scopes = scoped ? drafts.map(toScopeInput) : null;
            const own = { access, scopes, subject: subject.trim() || null, limits: toLimitsInput(limits) };
            return (await form.submit({ input: { ...fields, workspaceId, role, ...own } }))
              ?.createWorkspaceToken;
          }}
        >
          <RoleField roles={roles} value={role} error={form.errors.role} onChange={setRole} />
          <ChoiceField
            label="Access"
            choices={WORKSPACE_ACCESS_CHOICES}
            value={access}
            error={form.errors.access}
            onChange={setAccess}
          />
          {scoped && (
            <ScopesField
              drafts={drafts}
              error={form.errors.scopes}
              errorsOf={(draft) => errorsOfScope(form.errors, sent.indexOf(draft))}
              onChange={setDrafts}
            />
          )}
          <TextField
            label="Subject (optional)"
            hint="The customer or thing of your product that the token stands for. Your services receive it."
            placeholder="e.g. acme"
            maxLength={200}
            value={subject}
            error={form.errors.subject}
            onChange={(event) => setSubject(event.target.value)}
          />
          <LimitsFields value={limits} error={form.errors.limits} onChange={setLimits} />
        </TokenForm>
      )}
    </Page>
  );
}
