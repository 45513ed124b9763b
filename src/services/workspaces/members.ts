import type { AuditAction } from '../../domain/audit.ts';
import { failure, forbidden } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import { isToken, userIdOf } from '../../domain/principal.ts';
import { highestRole, isAtLeast, type Role } from '../../domain/roles.ts';
import type { Member } from '../../domain/workspace.ts';
import type { Executor } from '../../storage/database.ts';
import { excludeMappedMember } from '../../storage/repositories/accounts/mapped-members.ts';
import { findUser } from '../../storage/repositories/accounts/users.ts';
import { countLiveTokens } from '../../storage/repositories/ends/token-ends.ts';
import { findFederationsCreatedBy } from '../../storage/repositories/federation/federations.ts';
import { findGranters, type GrantingToken, hasGrants } from '../../storage/repositories/member-grants.ts';
import {
  countMembers,
  deleteMember,
  findMember,
  hasActiveOwner,
  MEMBER_ORDER,
  pageMembers,
  setMemberRole,
} from '../../storage/repositories/members.ts';
import type { CountedPage } from '../counted-page.ts';
import { endFederations } from '../federation/ends.ts';
import { revokeSet } from '../tokens/ends.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { endSharesWith } from './grant-ends.ts';

/** Throws `FORBIDDEN` with `ROLE_REQUIRED` if `role` is above the caller's role. */
export function requireRoleNotBelow(uow: UnitOfWork, role: Role): void {
  if (!holdsRole(uow, role)) throw forbidden('ROLE_REQUIRED', { role });
}

/** Throws `FORBIDDEN` with `EXCEEDS_CALLER` if `role` is above the caller's role, so that the caller cannot give it. */
export function requireCanGive(uow: UnitOfWork, role: Role): void {
  if (!holdsRole(uow, role)) throw forbidden('EXCEEDS_CALLER');
}

/** Throws `FORBIDDEN` with `SESSION_REQUIRED` if `role` is Owner and the caller is a token. */
export function requireSessionForOwner(uow: UnitOfWork, role: Role): void {
  if (role === 'OWNER' && isToken(uow.principal)) throw forbidden('SESSION_REQUIRED');
}

function holdsRole({ grant }: UnitOfWork, role: Role): boolean {
  return grant.role !== null && isAtLeast(grant.role, role);
}

/**
 * Returns the workspace tokens that count as granters of a role that the caller gives: the calling token, or the tokens
 * from which the calling user has `role`. The list is empty if the user has that role from a person. A user who has a
 * role from a token therefore cannot make it permanent. Throws `NOT_FOUND` if the user does not have the role.
 */
async function grantersOf(
  { tx, principal }: UnitOfWork,
  workspaceId: string,
  role: Role,
): Promise<readonly GrantingToken[]> {
  if (principal.kind === 'WORKSPACE_TOKEN') {
    const [own, ...ancestors] = principal.chain;
    return [{ tokenId: own.tokenId, ancestorIds: ancestors.map(({ tokenId }) => tokenId) }];
  }
  const userId = userIdOf(principal);
  const granters = userId === null ? null : await findGranters(tx, { workspaceId, userId }, role);
  if (!granters) throw failure('NOT_FOUND');
  return granters;
}

/** Writes an audit event about a member into the log of the workspace. */
export async function auditMember(
  uow: UnitOfWork,
  action: AuditAction,
  member: Pick<Member, 'workspaceId' | 'userId'>,
  detail: Record<string, unknown>,
  actorId?: string,
): Promise<void> {
  const user = await findUser(uow.tx, member.userId);
  await uow.audit({
    action,
    workspaceId: member.workspaceId,
    targetId: toGlobalId('User', member.userId),
    detail: { email: user?.email, ...detail },
    ...(actorId !== undefined && { actorId }),
  });
}

/** Manages the members of workspaces and their roles. */
export interface MemberService {
  /**
   * Returns the members of a workspace that the caller is allowed to see, in the order in which they joined. Throws
   * `BAD_USER_INPUT` on bad paging.
   */
  list(workspaceId: string, page: PageArguments): Promise<CountedPage<Member>>;
  /**
   * Sets the direct role of a member; the role of the member's groups counts if it is higher. A lower role also deletes all
   * shares with the member in the workspace. The current role changes nothing, except that a user confirms a role that a workspace token gave: it is no longer taken back.
   * Throws `NOT_FOUND`, `FORBIDDEN` with `ROLE_REQUIRED` or `EXCEEDS_CALLER`, `FORBIDDEN` with `SESSION_REQUIRED` if a
   * token gives or takes the role Owner, or `CONFLICT` if no Owner would be left.
   */
  changeRole(uow: UnitOfWork, workspaceId: string, userId: string, role: Role): Promise<Member>;
  /**
   * Removes a member, who can be the caller, and all shares with the member in the workspace. The groups of a member who had
   * a role by them give none until they are invited again. With `revokeCreated`,
   * also revokes the workspace tokens and deletes the federations that the member created, which requires an Administrator
   * with at least the role of each. Throws the errors of `changeRole` except `EXCEEDS_CALLER`.
   */
  remove(uow: UnitOfWork, workspaceId: string, userId: string, revokeCreated: boolean): Promise<void>;
}

/**
 * Returns a member that the caller is allowed to change. Throws `NOT_FOUND`, or `FORBIDDEN` with `ROLE_REQUIRED` or
 * `SESSION_REQUIRED`.
 */
async function loadMember(uow: UnitOfWork, workspaceId: string, userId: string): Promise<Member> {
  const member = await findMember(uow.tx, workspaceId, userId);
  if (!member) throw failure('NOT_FOUND');
  requireRoleNotBelow(uow, member.role);
  requireSessionForOwner(uow, member.role);
  return member;
}

/**
 * Revokes the workspace tokens and deletes the federations that a member created; returns their numbers. Throws `FORBIDDEN` with
 * `ROLE_REQUIRED`.
 */
async function endCreatedBy(uow: UnitOfWork, { workspaceId, userId }: Member) {
  requireRoleNotBelow(uow, 'ADMINISTRATOR');
  const set = { holder: { on: 'workspace', id: workspaceId }, createdBy: userId } as const;
  const tokens = await countLiveTokens(uow.tx, set);
  const federations = await findFederationsCreatedBy(uow.tx, userId, workspaceId);
  for (const { role } of [tokens, ...federations]) if (role !== null) requireRoleNotBelow(uow, role);
  const revokedTokens = await revokeSet(uow, set);
  await endFederations(uow, federations);
  return { revokedTokens, deletedFederations: federations.length };
}

/**
 * Throws `CONFLICT` if a change of the member `before` left the workspace without an active Owner. Call it after the
 * change.
 */
async function requireOwnerLeft(uow: UnitOfWork, before: Member): Promise<void> {
  if (before.role === 'OWNER' && !(await hasActiveOwner(uow.tx, before.workspaceId))) {
    throw failure('CONFLICT', 'A workspace must have an Owner: make another member an Owner first.');
  }
}

/** Returns what the audit log says about a change of role: the role that counts, and the direct one if that is another. */
function describeChange(before: Member, { role, directRole }: Member): Record<string, unknown> {
  return { role, before: before.role, ...(directRole !== role && { directRole }) };
}

/** Returns the member service. */
export function createMemberService(deps: { db: Executor }): MemberService {
  const { db } = deps;
  return {
    async list(workspaceId, page) {
      return {
        ...(await pageMembers(db, workspaceId, parsePage(page, MEMBER_ORDER))),
        totalCount: () => countMembers(db, workspaceId),
      };
    },

    async changeRole(uow, workspaceId, userId, role) {
      const member = await loadMember(uow, workspaceId, userId);
      requireCanGive(uow, role);
      requireSessionForOwner(uow, role);
      const granters = await grantersOf(uow, workspaceId, highestRole('ADMINISTRATOR', role));
      const isConfirmed = granters.length === 0 && (await hasGrants(uow.tx, member));
      if (member.directRole === role && !isConfirmed) return member;
      await setMemberRole(uow.tx, member, role, granters);
      const changed = (await findMember(uow.tx, workspaceId, userId)) ?? member;
      // Otherwise the member could keep access through shares that other members or tokens gave. Shares that the member
      // gave need no change, because they never grant more than the member's role.
      if (!isAtLeast(changed.role, member.role)) await endSharesWith(uow, workspaceId, userId);
      await requireOwnerLeft(uow, member);
      await auditMember(uow, 'member.role_changed', member, describeChange(member, changed));
      return changed;
    },

    async remove(uow, workspaceId, userId, revokeCreated) {
      const member = await loadMember(uow, workspaceId, userId);
      const ended = revokeCreated ? await endCreatedBy(uow, member) : {};
      await excludeMappedMember(uow.tx, member, uow.now);
      await deleteMember(uow.tx, workspaceId, userId);
      await endSharesWith(uow, workspaceId, userId);
      await requireOwnerLeft(uow, member);
      await auditMember(uow, 'member.removed', member, { role: member.role, ...ended });
    },
  };
}
