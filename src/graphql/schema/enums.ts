import { PERSONAL_TOKEN_POLICIES } from '../../domain/policy.ts';
import { PRINCIPAL_KINDS } from '../../domain/principal.ts';
import { ROLES } from '../../domain/roles.ts';
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
  description:
    'A role in a workspace, from lowest to highest: VIEWER, TEAM_MEMBER, WORKSPACE_MANAGER, ADMINISTRATOR, OWNER. Each role includes the permissions of the lower roles.',
  values: values(ROLES, {
    VIEWER: 'Reads the workspace, its members and its tokens; reads, lists and subscribes to channels.',
    TEAM_MEMBER: 'All operations on channels.',
    WORKSPACE_MANAGER: 'Creates and edits workspace tokens, invites members, renames the workspace.',
    ADMINISTRATOR:
      'Disables, revokes and deletes workspace tokens, manages members, sets the token policy, reads the audit log.',
    OWNER: 'Deletes the workspace, appoints and removes Owners.',
  }),
});

export const TokenKindEnum = builder.enumType('TokenKind', {
  description: 'The kind of owner that a token has.',
  values: values(TOKEN_KINDS, {
    PERSONAL: 'Belongs to a user. Allows at most what the user is allowed to do.',
    WORKSPACE: 'Belongs to a workspace and has a role in it.',
  }),
});

export const TokenAccessEnum = builder.enumType('TokenAccess', {
  description: 'The access level of a token.',
  values: values(TOKEN_ACCESSES, {
    NONE: 'Allows nothing: every request with the token is refused with TOKEN_NO_ACCESS. The default.',
    SCOPED:
      'Allows what its scopes list, as far as its owner is allowed to do it at the time of the request.',
    FULL: 'Allows what its owner is allowed to do at the time of the request, except managing tokens and what requires a role or a session.',
    ROLE: 'Allows what its role is allowed to do in its workspace. Workspace tokens only.',
  }),
});

export const TokenStatusEnum = builder.enumType('TokenStatus', {
  description:
    'The status of a token. If several apply, the first of REVOKED, DISABLED, EXPIRED and USED_UP takes precedence.',
  values: values(TOKEN_STATUSES, {
    ACTIVE: 'The token works.',
    DISABLED: 'The token, or a token that it derives from, is disabled. It can be enabled again.',
    EXPIRED: 'The token has expired. It can be regenerated.',
    REVOKED: 'The secret is permanently invalid. The token can be regenerated with a new one.',
    USED_UP:
      'The uses of the token, or of a token that it derives from, are spent. New limits give it new ones.',
  }),
});

export const PrincipalKindEnum = builder.enumType('PrincipalKind', {
  description: 'The kind of caller.',
  values: values(PRINCIPAL_KINDS, {
    SESSION: 'A signed-in user.',
    PERSONAL_TOKEN: 'A personal token.',
    WORKSPACE_TOKEN: 'A workspace token.',
    OPERATOR: 'The operator, on the command line; in the audit log only.',
    DIRECTORY: 'A directory, by SCIM; in the audit log only.',
  }),
});

export const PersonalTokenPolicyEnum = builder.enumType('PersonalTokenPolicy', {
  description: 'Whether personal tokens have access to a workspace.',
  values: values(PERSONAL_TOKEN_POLICIES, {
    ALLOWED: 'Personal tokens have access within the limits of their scopes and owners.',
    FORBIDDEN: 'Personal tokens have no access to the workspace.',
  }),
});

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'The direction of an order.',
  values: values(['ASC', 'DESC'] as const, {
    ASC: 'Lowest or oldest first.',
    DESC: 'Highest or newest first.',
  }),
});
