import {
  canHaveRole,
  type GroupRole,
  type GroupSettings,
  parseGroupName,
} from '../../domain/accounts/groups.ts';
import { badInput, failure, inputCheck } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Role } from '../../domain/roles.ts';
import { groupBy } from '../../platform/group-by.ts';
import type { Executor } from '../../storage/database.ts';
import {
  deleteGroupRole,
  findGroupRolesOf,
  listGroupRoles,
  saveGroupRole,
} from '../../storage/repositories/accounts/group-roles.ts';
import type { Lock } from '../transactions/locks.ts';
import type { RunLocked, UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { applyMappedRoles, catchUpMappedRoles } from './mapped-roles.ts';

/** The roles of groups of one workspace. */
const GROUP_ROLES_MAX = 100;
/** The members of the transaction that stores the role of a group. Those beyond follow in further ones. */
const MEMBERS_PER_CHANGE = 100;

/** Runs a part of a change in a transaction of the authorized caller. */
export type RunPart = <T>(work: (uow: UnitOfWork) => Promise<T>, locks: readonly Lock[]) => Promise<T>;

/** A group of a provider in a workspace. */
export interface GroupOfWorkspace {
  readonly workspaceId: string;
  readonly provider: string;
  readonly group: string;
}

/** Manages the roles that groups of providers have in a workspace. */
export interface GroupRoleService {
  /** Returns the roles of groups in a workspace that the caller is allowed to read, by provider and group. */
  list(workspaceId: string): Promise<GroupRole<Role>[]>;
  /** Returns the roles that members have by their groups, by the ids of the workspace and the user with a space between. */
  listOfMembers(keys: readonly string[]): Promise<Map<string, GroupRole<Role>[]>>;
  /**
   * Gives a group a role, in place of the one before. Resolves when it applies to every person of the group. Throws
   * `BAD_USER_INPUT` if the role is Owner or the operator does not allow the group, or `LIMIT_REACHED`.
   */
  set(run: RunPart, target: GroupOfWorkspace, role: Role): Promise<void>;
  /** Takes the role of a group away. Resolves when no person has it by the group. Throws `NOT_FOUND`. */
  remove(run: RunPart, target: GroupOfWorkspace): Promise<void>;
}

/** Returns the service of the roles of groups. */
export function createGroupRoleService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  groupSettings: readonly GroupSettings[];
}): GroupRoleService {
  const { db, changes, groupSettings } = deps;

  function check({ provider, group }: GroupOfWorkspace, role: Role): void {
    const input = inputCheck();
    input.try(() => {
      parseGroupName(group, ['input', 'group']);
      if (canHaveRole(groupSettings, provider, group)) return;
      throw badInput(['input', 'group'], 'must be a group of the provider that the operator allows');
    });
    input.try(() => {
      if (role === 'OWNER') throw badInput(['input', 'role'], 'must be at most ADMINISTRATOR');
    });
    input.finish();
  }

  /**
   * Runs the change and brings a hundred members up to date, while no groups of people at the provider change. The others
   * follow in transactions that lock only these members.
   */
  async function change(
    run: RunPart,
    { workspaceId, provider, group }: GroupOfWorkspace,
    work: (uow: UnitOfWork) => Promise<void>,
  ): Promise<void> {
    const filter = { workspaceIds: [workspaceId] };
    const cause = { by: 'group', provider, group };
    const { changed, actor } = await run(
      async (uow) => {
        await work(uow);
        const most = MEMBERS_PER_CHANGE;
        return { changed: await applyMappedRoles(uow, groupSettings, filter, most, cause), actor: uow.actor };
      },
      [{ on: 'groupRoles', id: provider }],
    );
    if (changed < MEMBERS_PER_CHANGE) return;
    const resume: RunLocked = (locks, rest) => changes.resume(actor, locks, rest);
    await catchUpMappedRoles({ db, groupSettings, run: resume, cause }, filter);
  }

  return {
    list: (workspaceId) => listGroupRoles(db, workspaceId),

    async listOfMembers(keys) {
      const byWorkspace = groupBy(
        keys.map((key) => key.split(' ')),
        ([workspaceId = '']) => workspaceId,
      );
      const found = new Map<string, GroupRole<Role>[]>();
      for (const [workspaceId, members] of byWorkspace) {
        const userIds = members.map(([, userId = '']) => userId);
        for (const [userId, roles] of await findGroupRolesOf(db, groupSettings, workspaceId, userIds)) {
          found.set(`${workspaceId} ${userId}`, roles);
        }
      }
      return found;
    },

    async set(run, target, role) {
      check(target, role);
      const { workspaceId, provider, group } = target;
      await change(run, target, async (uow) => {
        await saveGroupRole(uow.tx, workspaceId, { provider, group, role });
        if ((await listGroupRoles(uow.tx, workspaceId)).length > GROUP_ROLES_MAX) {
          throw failure('LIMIT_REACHED', `At most ${GROUP_ROLES_MAX} groups can have a role in a workspace.`);
        }
        await uow.audit({
          action: 'workspace.group_role_set',
          workspaceId,
          targetId: toGlobalId('Workspace', workspaceId),
          detail: { provider, group, role },
        });
      });
    },

    remove: (run, target) =>
      change(run, target, async (uow) => {
        const { workspaceId, provider, group } = target;
        if (!(await deleteGroupRole(uow.tx, workspaceId, target))) throw failure('NOT_FOUND');
        await uow.audit({
          action: 'workspace.group_role_removed',
          workspaceId,
          targetId: toGlobalId('Workspace', workspaceId),
          detail: { provider, group },
        });
      }),
  };
}
