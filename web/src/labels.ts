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

/** The API counts a list no further than this. */
const COUNTED_MAX = 10_000;

/** "1 token", "2 tokens", and of a list that is longer than anybody counts "10,000+ tokens". */
export function countedList(total: number, noun: string): string {
  return total > COUNTED_MAX ? `${COUNTED_MAX.toLocaleString('en')}+ ${noun}s` : counted(total, noun);
}

/** "1 token", "2 tokens". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
