import type { GroupSettings } from '../../domain/accounts/groups.ts';
import { failure } from '../../domain/errors.ts';
import { highestRole, isAtLeast } from '../../domain/roles.ts';
import type { Executor } from '../../storage/database.ts';
import {
  findOutdatedRoles,
  type MappedRole,
  type MemberFilter,
} from '../../storage/repositories/accounts/group-roles.ts';
import { insertMappedMember, setMappedRole } from '../../storage/repositories/accounts/mapped-members.ts';
import { deleteMember, findMember } from '../../storage/repositories/members.ts';
import type { Lock } from '../transactions/locks.ts';
import type { RunLocked, UnitOfWork } from '../transactions/unit-of-work.ts';
import { endSharesWith } from './grant-ends.ts';
import { auditMember } from './members.ts';

/** The members of one transaction, which locks their users and workspaces, the roles of groups and directories: about 100 locks. */
const MEMBERS_PER_CHANGE = 48;
/** The members that one query finds. It reads the groups of everyone concerned, so it should not run for each transaction. */
const MEMBERS_PER_LOOK = 4800;
/** How often the same member can be found, while concurrent changes concern it too. */
const REPEATS_MAX = 10;

/** What the audit log says about the cause of a change. */
export type Cause = Readonly<Record<string, unknown>>;

/** Stores the role that the groups of a user give in a workspace, and writes what it changes into the audit log. */
async function applyMappedRole(uow: UnitOfWork, mapped: MappedRole, cause: Cause): Promise<void> {
  const { workspaceId, userId, role: groupRole } = mapped;
  const member = await findMember(uow.tx, workspaceId, userId);
  if (!member) {
    if (groupRole === null) return;
    await insertMappedMember(uow.tx, mapped, groupRole, uow.now);
    await auditMember(uow, 'member.joined', mapped, { role: groupRole, ...cause });
    return;
  }
  const { directRole } = member;
  const role = directRole && groupRole ? highestRole(directRole, groupRole) : (directRole ?? groupRole);
  // Otherwise the person could keep access through shares that other members or tokens gave.
  if (role === null || !isAtLeast(role, member.role)) await endSharesWith(uow, workspaceId, userId);
  if (role === null) {
    await deleteMember(uow.tx, workspaceId, userId);
    await auditMember(uow, 'member.removed', member, { role: member.role, ...cause });
    return;
  }
  await setMappedRole(uow.tx, member, groupRole);
  if (role === member.role) return;
  await auditMember(uow, 'member.role_changed', member, { role, before: member.role, ...cause });
}

/**
 * Brings the roles that groups give up to date for up to `most` members, losses first; returns how many were not. The
 * workspaces must be locked, and the users or the roles of groups.
 */
export async function applyMappedRoles(
  uow: UnitOfWork,
  settings: readonly GroupSettings[],
  filter: MemberFilter,
  most: number,
  cause: Cause,
): Promise<number> {
  const outdated = await findOutdatedRoles(uow.tx, settings, filter, most);
  for (const mapped of outdated) await applyMappedRole(uow, mapped, cause);
  return outdated.length;
}

/** Where and how roles are brought up to date. */
export interface CatchUp {
  readonly db: Executor;
  readonly groupSettings: readonly GroupSettings[];
  readonly run: RunLocked;
  readonly cause: Cause;
  /** Ends the work after the current transaction. */
  readonly signal?: AbortSignal;
}

/** Returns the locks under which the roles of all groups stay as they are. */
export function locksOfGroupRoles(settings: readonly GroupSettings[]): Lock[] {
  return settings.map(({ provider }) => ({ on: 'groupRoles', id: provider, shared: true }));
}

async function applyToSome(
  { groupSettings, run, cause }: CatchUp,
  outdated: readonly MappedRole[],
): Promise<void> {
  const userIds = [...new Set(outdated.map(({ userId }) => userId))];
  const workspaceIds = [...new Set(outdated.map(({ workspaceId }) => workspaceId))];
  const locks: Lock[] = [
    ...locksOfGroupRoles(groupSettings),
    ...userIds.map((id): Lock => ({ on: 'user', id })),
    ...workspaceIds.map((id): Lock => ({ on: 'workspace', id })),
  ];
  await run(locks, async (uow) => {
    for (const userId of userIds) {
      await applyMappedRoles(uow, groupSettings, { userId, workspaceIds }, MEMBERS_PER_CHANGE, cause);
    }
  });
}

/**
 * Brings the roles that groups give up to date, with a transaction for each 48 members, losses first. Throws `UNAVAILABLE` if a
 * role remains outdated.
 */
export async function catchUpMappedRoles(parts: CatchUp, filter: MemberFilter): Promise<void> {
  const { db, groupSettings, signal } = parts;
  let before: MappedRole | undefined;
  for (let repeats = 0; repeats < REPEATS_MAX; ) {
    const outdated = await findOutdatedRoles(db, groupSettings, filter, MEMBERS_PER_LOOK);
    const [first] = outdated;
    if (!first) return;
    for (let start = 0; start < outdated.length; start += MEMBERS_PER_CHANGE) {
      if (signal?.aborted) return;
      await applyToSome(parts, outdated.slice(start, start + MEMBERS_PER_CHANGE));
    }
    const isSame = first.userId === before?.userId && first.workspaceId === before.workspaceId;
    repeats = isSame ? repeats + 1 : 0;
    before = first;
  }
  throw failure('UNAVAILABLE');
}
