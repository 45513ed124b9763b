import { isAtLeast, ROLES, type Role } from '../../src/domain/roles.ts';
import { ROLE_NAMES } from './labels.ts';

/** Why a person may not do what needs a role, to a member or token of another role; `null` where nothing stands in the way. */
export function refusalByRole(
  own: Role | null | undefined,
  required: Role,
  target?: Role | null,
): string | null {
  if (!own || !isAtLeast(own, required)) return `Needs the role ${ROLE_NAMES[required]}`;
  if (target && !isAtLeast(own, target)) return `The role ${ROLE_NAMES[target]} is above yours`;
  return null;
}

/** The roles that a person of a role may give, lowest first. */
export function rolesUpTo(own: Role | null | undefined): readonly Role[] {
  return own ? ROLES.filter((role) => isAtLeast(own, role)) : [];
}
