import type { Role } from '../../src/domain/roles.ts';
import type { TokenAccess, TokenStatus } from '../../src/domain/token.ts';

/** The labels of roles; the tables below label status and access. */
export const ROLE_NAMES: Record<Role, string> = {
  VIEWER: 'Viewer',
  TEAM_MEMBER: 'Team Member',
  WORKSPACE_MANAGER: 'Workspace Manager',
  ADMINISTRATOR: 'Administrator',
  OWNER: 'Owner',
};

export const ROLE_DESCRIPTIONS: Record<Role, string> = {
  VIEWER: 'Can read the workspace, its members, tokens and channels.',
  TEAM_MEMBER: 'Can also create, share and publish to channels.',
  WORKSPACE_MANAGER: 'Can also create and edit workspace tokens and invite members.',
  ADMINISTRATOR:
    'Can also disable, revoke and delete tokens, manage members, set the token policy and read the audit log.',
  OWNER: 'Can do everything, including deleting the workspace.',
};

export const STATUS_NAMES: Record<TokenStatus, string> = {
  ACTIVE: 'Active',
  DISABLED: 'Disabled',
  EXPIRED: 'Expired',
  REVOKED: 'Revoked',
  USED_UP: 'Used up',
};

export const ACCESS_NAMES: Record<TokenAccess, string> = {
  NONE: 'No access',
  SCOPED: 'Scoped',
  FULL: 'Full access',
  ROLE: 'By role',
};

/** Returns the label of an operation, such as "read". */
export function operationName(operation: string): string {
  return operation.toLowerCase().replaceAll('_', ' ');
}

/** The API stops counting a list above this number. */
const COUNTED_MAX = 10_000;

/** Returns "1 token", "2 tokens", or "10,000+ tokens" if the API stopped counting. */
export function countedList(total: number, noun: string): string {
  return total > COUNTED_MAX ? `${COUNTED_MAX.toLocaleString('en')}+ ${noun}s` : counted(total, noun);
}

/** Returns "1 token" or "2 tokens". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Matches a letter of a script that is written from right to left. */
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Returns a name for a sentence or a list. A name from right to left stays between the words around it and does not reorder them. */
export function isolate(name: string): string {
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name;
}
