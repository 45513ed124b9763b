/** A member's rank in a workspace, lowest first. */
export const ROLES = ['VIEWER', 'TEAM_MEMBER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR', 'OWNER'] as const;

export type Role = (typeof ROLES)[number];

/** The place of a role in the order, from 0. It is what storage keeps. */
export function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}

/** The role of a rank; throws on a number that is none. */
export function roleOfRank(rank: number): Role {
  const role = ROLES[rank];
  if (!role) throw new Error(`no role has rank ${rank}`);
  return role;
}

/** Whether a role stands at or above another. */
export function isAtLeast(role: Role, required: Role): boolean {
  return rankOf(role) >= rankOf(required);
}

/** The lowest of one or more roles. */
export function lowestRole(first: Role, ...others: Role[]): Role {
  return others.reduce((lowest, role) => (isAtLeast(role, lowest) ? lowest : role), first);
}

/** The higher of two roles. */
export function highestRole(a: Role, b: Role): Role {
  return isAtLeast(a, b) ? a : b;
}
