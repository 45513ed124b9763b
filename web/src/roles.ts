import { isAtLeast, ROLES, type Role } from '../../src/domain/roles.ts';
import { ROLE_NAMES } from './labels.ts';

/** Returns why a user lacks the role for an action, or ranks below its target; `null` if the action is allowed. */
export function refusalByRole(
  viewerRole: Role | null | undefined,
  required: Role,
  target?: Role | null,
): string | null {
  if (!viewerRole || !isAtLeast(viewerRole, required)) return `Requires the ${ROLE_NAMES[required]} role`;
  if (target && !isAtLeast(viewerRole, target)) return `The ${ROLE_NAMES[target]} role is above yours`;
  return null;
}

/** Returns the roles that a user with the given role can grant, lowest first. */
export function rolesUpTo(viewerRole: Role | null | undefined): readonly Role[] {
  return viewerRole ? ROLES.filter((role) => isAtLeast(viewerRole, role)) : [];
}
