import type { AuditAction } from '../../domain/audit.ts';
import { failure, forbidden } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import { isToken, userIdOf } from '../../domain/principal.ts';
import { highestRole, isAtLeast, type Role } from '../../domain/roles.ts';
import type { Member } from '../../domain/workspace.ts';
import type { Executor } from '../../storage/database.ts';
import { deleteSharesIn } from '../../storage/repositories/channel-shares.ts';
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
import { findTokensCreatedBy } from '../../storage/repositories/tokens.ts';
import { findUser } from '../../storage/repositories/users.ts';
import type { CountedPage } from '../counted-page.ts';
import { loadToken, revokeToken } from '../tokens/lifecycle.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** Throws `FORBIDDEN`, `ROLE_REQUIRED` where the caller would act on a role above its own. */
export function requireStandsOver(uow: UnitOfWork, role: Role): void {
  if (!holdsRole(uow, role)) throw forbidden('ROLE_REQUIRED', { role });
}

/** Throws `FORBIDDEN`, `EXCEEDS_CALLER` where the caller would give a role above its own. */
export function requireMayGive(uow: UnitOfWork, role: Role): void {
  if (!holdsRole(uow, role)) throw forbidden('EXCEEDS_CALLER');
}

/** Throws `FORBIDDEN`, `SESSION_REQUIRED` where a token would make, unmake or remove an Owner. */
export function requirePersonForOwner(uow: UnitOfWork, role: Role): void {
  if (role === 'OWNER' && isToken(uow.principal)) throw forbidden('SESSION_REQUIRED');
}

function holdsRole({ grant }: UnitOfWork, role: Role): boolean {
  return grant.role !== null && isAtLeast(grant.role, role);
}

/**
 * The workspace tokens that what a caller gives comes from: the token that is calling, or those that alone gave the person
 * the role for it. Empty if the person has it from a person. So nobody confirms for good what a token gave them.
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

/** Writes an audit row about a member into the workspace's log. */
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

/** Who belongs to a workspace, and with which role. */
export interface MemberService {
  /** Returns the members of a workspace that the caller is allowed to see, in the order in which they joined. Throws `BAD_USER_INPUT` on bad paging. */
  list(workspaceId: string, page: PageArguments): Promise<CountedPage<Member>>;
  /**
   * Gives a member another role; with a lower one goes what was shared with them there. The same one changes nothing,
   * except that a person confirms by it what a workspace token gave, which is not taken back from then on.
   * Throws `NOT_FOUND`, `FORBIDDEN` with `ROLE_REQUIRED`, `EXCEEDS_CALLER` or, for a token and an Owner,
   * `SESSION_REQUIRED`, or `CONFLICT` where no Owner would be left.
   */
  changeRole(uow: UnitOfWork, workspaceId: string, userId: string, role: Role): Promise<Member>;
  /**
   * Takes a member out, or lets the caller leave; what was shared with them there goes too. With `revokeCreated`, so do
   * the workspace tokens that they made, which takes an Administrator of at least each token's role. Throws the same but
   * `EXCEEDS_CALLER`.
   */
  remove(uow: UnitOfWork, workspaceId: string, userId: string, revokeCreated: boolean): Promise<void>;
}

/** Returns the member that a change is about. Throws `NOT_FOUND`, or `FORBIDDEN` if the role of the member is above the caller's. */
async function memberOf(uow: UnitOfWork, workspaceId: string, userId: string): Promise<Member> {
  const member = await findMember(uow.tx, workspaceId, userId);
  if (!member) throw failure('NOT_FOUND');
  requireStandsOver(uow, member.role);
  requirePersonForOwner(uow, member.role);
  return member;
}

/** Revokes the tokens of a workspace that a member made; returns how many. Throws `FORBIDDEN`, `ROLE_REQUIRED`. */
async function revokeTokensMadeBy(uow: UnitOfWork, { workspaceId, userId }: Member): Promise<number> {
  requireStandsOver(uow, 'ADMINISTRATOR');
  const tokens = await findTokensCreatedBy(uow.tx, userId, workspaceId);
  for (const { role } of tokens) requireStandsOver(uow, role ?? 'OWNER');
  for (const { id } of tokens) await revokeToken(uow, await loadToken(uow, id));
  return tokens.length;
}

/** Asked after the change, so that in one transaction nothing comes between it and the answer. */
async function requireOwnerLeft(uow: UnitOfWork, before: Member): Promise<void> {
  if (before.role === 'OWNER' && !(await hasActiveOwner(uow.tx, before.workspaceId))) {
    throw failure('CONFLICT', 'A workspace always keeps an Owner: make somebody else one first.');
  }
}

/** Members over a database. */
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
      const member = await memberOf(uow, workspaceId, userId);
      requireMayGive(uow, role);
      requirePersonForOwner(uow, role);
      const granters = await grantersOf(uow, workspaceId, highestRole('ADMINISTRATOR', role));
      const isConfirmed = granters.length === 0 && (await hasGrants(uow.tx, member));
      if (member.role === role && !isConfirmed) return member;
      await setMemberRole(uow.tx, member, role, granters);
      // What a member had others share with them, or a token of the workspace, must not outlast the role. What the member
      // gave others depends on the remaining role.
      if (!isAtLeast(role, member.role)) await deleteSharesIn(uow.tx, workspaceId, userId);
      await requireOwnerLeft(uow, member);
      await auditMember(uow, 'member.role_changed', member, { role, before: member.role });
      return { ...member, role };
    },

    async remove(uow, workspaceId, userId, revokeCreated) {
      const member = await memberOf(uow, workspaceId, userId);
      const revokedTokens = revokeCreated ? await revokeTokensMadeBy(uow, member) : 0;
      await deleteMember(uow.tx, workspaceId, userId);
      await deleteSharesIn(uow.tx, workspaceId, userId);
      await requireOwnerLeft(uow, member);
      await auditMember(uow, 'member.removed', member, {
        role: member.role,
        ...(revokeCreated && { revokedTokens }),
      });
    },
  };
}
