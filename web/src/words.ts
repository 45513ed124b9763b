import type { Role } from '../../src/domain/roles.ts';
import type { Operation } from '../../src/domain/scopes.ts';
import type { TokenAccess, TokenStatus } from '../../src/domain/token.ts';

/** What people read for each role, status, access and operation. */
export const ROLE_NAMES: Record<Role, string> = {
  VIEWER: 'Viewer',
  TEAM_MEMBER: 'Team Member',
  WORKSPACE_MANAGER: 'Workspace Manager',
  ADMINISTRATOR: 'Administrator',
  OWNER: 'Owner',
};

export const ROLE_MEANINGS: Record<Role, string> = {
  VIEWER: 'reads the workspace, its members, tokens and channels',
  TEAM_MEMBER: 'works with channels: creates, shares, publishes',
  WORKSPACE_MANAGER: 'creates and edits workspace tokens, invites members',
  ADMINISTRATOR: 'stops tokens, manages members, sets the policy, reads the audit log',
  OWNER: 'everything, including deleting the workspace',
};

export const STATUS_NAMES: Record<TokenStatus, string> = {
  ACTIVE: 'Active',
  DISABLED: 'Disabled',
  EXPIRED: 'Expired',
  REVOKED: 'Revoked',
};

export const ACCESS_NAMES: Record<TokenAccess, string> = {
  NONE: 'No access',
  SCOPED: 'Scoped',
  FULL: 'Full access',
  ROLE: 'By role',
};

export const OPERATION_NAMES: Record<Operation, string> = {
  CREATE: 'create',
  READ: 'read',
  LIST: 'list',
  UPDATE: 'update',
  DELETE: 'delete',
  SHARE: 'share',
  UNSHARE: 'unshare',
  PUBLISH: 'publish',
  SUBSCRIBE: 'subscribe',
};

/** "1 token", "2 tokens". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
