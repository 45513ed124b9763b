import type { TokenRowFragment } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';

/** What can be done with a token that is there. */
export type TokenAction = 'edit' | 'regenerate' | 'disable' | 'enable' | 'revoke' | 'delete';

export const ACTION_NAMES: Record<TokenAction, string> = {
  edit: 'Edit',
  regenerate: 'Regenerate',
  disable: 'Disable',
  enable: 'Enable',
  revoke: 'Revoke',
  delete: 'Delete',
};

/** What ends a token for good, or stops it. */
export const DANGEROUS: ReadonlySet<TokenAction> = new Set(['revoke', 'delete']);

type TokenState = Pick<TokenRowFragment, 'status' | 'disabledAt'>;

/** What makes sense in the state that a token is in, in the order of a menu. */
export function actionsFor({ status, disabledAt }: TokenState): TokenAction[] {
  const stopped = disabledAt !== null;
  const revoked = status === 'REVOKED';
  return [
    'edit',
    'regenerate',
    ...(revoked ? [] : [stopped ? ('enable' as const) : ('disable' as const), 'revoke' as const]),
    'delete',
  ];
}

type Belonging = Pick<TokenRowFragment, 'kind' | 'role' | 'workspace'>;

/** Why the signed-in person may not do a thing to a token; `null` where nothing stands in the way. */
export function refusalOf(action: TokenAction, { kind, role, workspace }: Belonging): string | null {
  if (kind === 'PERSONAL') return null;
  return refusalByRole(
    workspace?.viewerRole,
    action === 'edit' ? 'WORKSPACE_MANAGER' : 'ADMINISTRATOR',
    role,
  );
}

/** Whether the signed-in person may read what was done to a token. */
export function canReadHistory({ kind, workspace }: Pick<TokenRowFragment, 'kind' | 'workspace'>): boolean {
  return kind === 'PERSONAL' || refusalByRole(workspace?.viewerRole, 'ADMINISTRATOR') === null;
}
