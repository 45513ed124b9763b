import { useState } from 'react';
import { Page } from '../components/page.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type Role, useCreateWorkspaceTokenMutation } from '../generated/hooks.ts';
import { refusalByRole, rolesUpTo } from '../roles.ts';
import { boundsOfPolicy } from '../tokens/expiry.ts';
import { COMMON_FIELDS, TokenForm } from '../tokens/token-form.tsx';
import type { Workspace } from './workspace.ts';

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
  const form = useSubmit(useCreateWorkspaceTokenMutation(), { fields: [...COMMON_FIELDS, 'role'] });
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
          onSubmit={async (fields) =>
            (await form.submit({ input: { ...fields, workspaceId, role } }))?.createWorkspaceToken
          }
        >
          <RoleField roles={roles} value={role} error={form.errors.role} onChange={setRole} />
        </TokenForm>
      )}
    </Page>
  );
}
