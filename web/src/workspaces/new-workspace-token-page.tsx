import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { describeFormError } from '../api/errors.ts';
import { Button, ButtonLink } from '../components/button.tsx';
import { TextAreaField, TextField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Problem } from '../components/states.tsx';
import { type Role, useCreateWorkspaceTokenMutation } from '../generated/hooks.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { boundsOfPolicy, firstChoice, isComplete, toExpiryInput } from '../tokens/expiry.ts';
import { ExpiryField } from '../tokens/expiry-field.tsx';
import '../tokens/new-token-page.css';
import type { Workspace } from './workspace.ts';

/** Returns why the user cannot create a token in a workspace; `null` if they can. */
function refusalOf({ viewerRole }: Workspace, roles: readonly Role[]): string | null {
  const refusal = refusalByRole(viewerRole, 'WORKSPACE_MANAGER');
  if (refusal) return `${refusal}.`;
  return roles.length > 0
    ? null
    : "The token policy of this workspace doesn't allow any role that you can grant.";
}

function useNewToken(workspace: Workspace) {
  const { tokenPolicy, viewerRole } = workspace;
  const roles = rolesUpTo(viewerRole).filter((role) => tokenPolicy.tokenRoles.includes(role));
  const bounds = boundsOfPolicy(tokenPolicy);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [role, setRole] = useState<Role>(roles[0] ?? 'VIEWER');
  const [expiry, setExpiry] = useState(() => firstChoice(bounds));
  return { roles, bounds, name, setName, description, setDescription, role, setRole, expiry, setExpiry };
}

/** Creates a workspace token. Its secret is shown on the token's page. */
export function NewWorkspaceTokenPage({ workspace }: { workspace: Workspace }) {
  const form = useNewToken(workspace);
  const refusal = refusalOf(workspace, form.roles);
  const [{ fetching, error }, create] = useCreateWorkspaceTokenMutation();
  const errors = describeFormError(error, ['name', 'description', 'role', 'expires']);
  const { show } = useFreshSecrets();
  const [, go] = useLocation();

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { name, role, expiry } = form;
    const description = form.description.trim() || null;
    const input = { workspaceId: workspace.id, name, description, role, expires: toExpiryInput(expiry) };
    const { data } = await create({ input });
    const created = data?.createWorkspaceToken;
    if (!created) return;
    const tokenId = created.token?.id ?? null;
    show({ kind: 'token', tokenId, secret: created.secret, event: 'created' });
    go(tokenId === null ? `/workspaces/${workspace.id}/access-tokens` : `/tokens/${tokenId}`, {
      replace: true,
    });
  }

  return (
    <Page title="New workspace token" lead={`This token will belong to ${workspace.name}.`} narrow>
      {refusal ? (
        <Problem>{refusal}</Problem>
      ) : (
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
          <RoleField
            error={errors.fields.role}
            roles={form.roles}
            value={form.role}
            onChange={form.setRole}
          />
          <ExpiryField
            error={errors.fields.expires}
            bounds={form.bounds}
            value={form.expiry}
            onChange={form.setExpiry}
          />
          {errors.form && <Problem>{errors.form}</Problem>}
          <div className="page-actions">
            <Button
              type="submit"
              variant="primary"
              disabled={form.name.trim() === '' || !isComplete(form.expiry)}
              busy={fetching}
            >
              Create token
            </Button>
            <ButtonLink href={`/workspaces/${workspace.id}/access-tokens`} variant="quiet">
              Cancel
            </ButtonLink>
          </div>
        </form>
      )}
    </Page>
  );
}
