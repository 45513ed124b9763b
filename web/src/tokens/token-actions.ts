import type { TokenRowFragment } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';

/** The actions on an existing token. */
export type TokenAction = 'edit' | 'regenerate' | 'disable' | 'enable' | 'revoke' | 'delete';

export const ACTION_NAMES: Record<TokenAction, string> = {
  edit: 'Edit',
  regenerate: 'Regenerate',
  disable: 'Disable',
  enable: 'Enable',
  revoke: 'Revoke',
  delete: 'Delete',
};

/** The actions that end a token permanently. */
export const DANGEROUS: ReadonlySet<TokenAction> = new Set(['revoke', 'delete']);

type TokenState = Pick<TokenRowFragment, 'status' | 'disabledAt'>;

/** Returns the actions that apply to the status of a token, in menu order. */
export function actionsFor({ status, disabledAt }: TokenState): TokenAction[] {
  const disabled = disabledAt !== null;
  const revoked = status === 'REVOKED';
  return [
    'edit',
    'regenerate',
    ...(revoked ? [] : [disabled ? ('enable' as const) : ('disable' as const), 'revoke' as const]),
    'delete',
  ];
}

type TokenHolder = Pick<TokenRowFragment, 'kind' | 'role' | 'workspace'>;

/** Returns why the user cannot perform an action on a token; `null` if it is allowed. */
export function refusalOf(action: TokenAction, { kind, role, workspace }: TokenHolder): string | null {
  if (kind === 'PERSONAL') return null;
  return refusalByRole(
    workspace?.viewerRole,
    action === 'edit' ? 'WORKSPACE_MANAGER' : 'ADMINISTRATOR',
    role,
  );
}

/** Returns the path of the list that contains a token. */
export function listPathOf({ workspace }: Pick<TokenRowFragment, 'workspace'>): string {
  return workspace ? `/workspaces/${workspace.id}/access-tokens` : '/tokens';
}

/** Returns the path of the form for a new token that is filled in from another one. */
export function duplicatePathOf(token: Pick<TokenRowFragment, 'id' | 'workspace'>): string {
  return `${listPathOf(token)}/new?from=${token.id}`;
}

/** Returns why the user cannot create a token like another one; `null` if it is allowed. */
export function refusalOfDuplicate({ kind, workspace }: TokenHolder): string | null {
  return kind === 'PERSONAL' ? null : refusalByRole(workspace?.viewerRole, 'WORKSPACE_MANAGER');
}

/** Whether the user can read the audit log of a token. */
export function canReadHistory({ kind, workspace }: Pick<TokenRowFragment, 'kind' | 'workspace'>): boolean {
  return kind === 'PERSONAL' || refusalByRole(workspace?.viewerRole, 'ADMINISTRATOR') === null;
}
