import { PERSONAL_TOKEN_POLICIES } from '../../domain/policy.ts';
import { PRINCIPAL_KINDS } from '../../domain/principal.ts';
import { ROLES } from '../../domain/roles.ts';
import { OPERATIONS } from '../../domain/scopes.ts';
import { TOKEN_ACCESSES, TOKEN_KINDS, TOKEN_STATUSES } from '../../domain/token.ts';
import { builder } from '../builder.ts';

function values<T extends string>(names: readonly T[], descriptions: Record<T, string>) {
  return Object.fromEntries(
    names.map((name) => [name, { value: name, description: descriptions[name] }]),
  ) as {
    [K in T]: { value: K; description: string };
  };
}

export const RoleEnum = builder.enumType('Role', {
  description: "A member's rank in a workspace, lowest first; each may do what those before it may.",
  values: values(ROLES, {
    VIEWER: 'Reads the workspace, its members and its tokens; reads, lists and subscribes to channels.',
    TEAM_MEMBER: 'All operations on channels.',
    WORKSPACE_MANAGER: 'Creates and edits workspace tokens, invites members, renames the workspace.',
    ADMINISTRATOR:
      'Stops and deletes workspace tokens, manages members, sets the token policy, reads the audit log.',
    OWNER: 'Deletes the workspace, makes and unmakes Owners.',
  }),
});

export const OperationEnum = builder.enumType('Operation', {
  description: 'What can be done to an entity.',
  values: values(OPERATIONS, {
    CREATE: 'Make a new one.',
    READ: 'View one.',
    LIST: 'See which there are.',
    UPDATE: 'Change one.',
    DELETE: 'Remove one.',
    SHARE: 'Let somebody else in.',
    UNSHARE: 'Take that back.',
    PUBLISH: 'Send messages to it.',
    SUBSCRIBE: 'Follow its messages live.',
  }),
});

export const TokenKindEnum = builder.enumType('TokenKind', {
  description: 'Whom a token belongs to.',
  values: values(TOKEN_KINDS, {
    PERSONAL: 'Belongs to a user and acts with the lowest privilege.',
    WORKSPACE: 'Belongs to a workspace and acts with a role in it.',
  }),
});

export const TokenAccessEnum = builder.enumType('TokenAccess', {
  description: 'How much a token may do.',
  values: values(TOKEN_ACCESSES, {
    NONE: 'Authenticates and may do nothing. The default.',
    SCOPED: 'May do what its scopes list, where its owner may.',
    FULL: 'May do what its owner may, short of what needs a role or a session.',
    ROLE: 'May do what its role may in its workspace. Workspace tokens only.',
  }),
});

export const TokenStatusEnum = builder.enumType('TokenStatus', {
  description: 'Whether a token works. Where several hold, revoked goes before disabled before expired.',
  values: values(TOKEN_STATUSES, {
    ACTIVE: 'It works.',
    DISABLED: 'It, or a token that it derives from, is stopped until somebody enables it.',
    EXPIRED: 'Its time is over; it can be regenerated.',
    REVOKED: 'Its secret is dead for good; it can be regenerated.',
  }),
});

export const PrincipalKindEnum = builder.enumType('PrincipalKind', {
  description: 'What kind of caller it is.',
  values: values(PRINCIPAL_KINDS, {
    SESSION: 'A signed-in person.',
    PERSONAL_TOKEN: 'A personal token.',
    WORKSPACE_TOKEN: 'A workspace token.',
  }),
});

export const PersonalTokenPolicyEnum = builder.enumType('PersonalTokenPolicy', {
  description: 'Whether personal tokens reach into a workspace.',
  values: values(PERSONAL_TOKEN_POLICIES, {
    ALLOWED: 'They do, as far as their scopes and owners do.',
    FORBIDDEN: 'No personal token reaches anything in the workspace.',
  }),
});

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: values(['ASC', 'DESC'] as const, {
    ASC: 'Lowest or oldest first.',
    DESC: 'Highest or newest first.',
  }),
});
