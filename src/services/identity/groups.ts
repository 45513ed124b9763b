import { type GroupSettings, type GroupSource, isGroupName } from '../../domain/accounts/groups.ts';
import type { Identity, IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import type { Executor } from '../../storage/database.ts';
import { findWorkspacesOfGroups } from '../../storage/repositories/accounts/group-roles.ts';
import { findStatedGroups, storeGroups } from '../../storage/repositories/accounts/identity-groups.ts';
import type { Lock } from '../transactions/locks.ts';
import type { RunLocked, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import {
  applyMappedRoles,
  type Cause,
  catchUpMappedRoles,
  locksOfGroupRoles,
} from '../workspaces/mapped-roles.ts';

/** The workspaces of one transaction, which locks a user, the roles of groups and directories too. */
const WORKSPACES_PER_CHANGE = 97;

/** Who states the groups of an identity, and when, in milliseconds since the epoch. */
export interface GroupStatement {
  readonly source: GroupSource;
  readonly at: number;
}

/** An identity, as far as its groups need it. */
export type GroupHolder = Pick<Identity, 'id' | 'userId' | 'provider'>;

/** Manages the groups of people at providers. */
export interface GroupService {
  /**
   * Replaces the groups of an identity. Resolves when the roles that they give apply; losses come first. Does nothing if the
   * provider's groups come from the other source, or if a claim is not newer than the last one.
   */
  replaceGroups(identity: GroupHolder, groups: readonly string[], statement: GroupStatement): Promise<void>;
  /**
   * Replaces the groups of an identity by what `next` returns for the present ones, as `replaceGroups` does. Each transaction goes
   * through `run`.
   */
  changeGroups(
    identity: GroupHolder,
    next: (names: readonly string[]) => readonly string[],
    statement: GroupStatement,
    run: RunLocked,
  ): Promise<void>;
  /** Brings the roles of a user up to date after one of their identities was deleted. */
  refresh(userId: string): Promise<void>;
}

/** Returns the settings of the groups of providers. */
export function groupSettingsOf(providers: readonly IdentityProvider[]): readonly GroupSettings[] {
  return providers.map(({ id, groupsFrom, groups }) => ({
    provider: id,
    source: groupsFrom,
    allowed: groups,
  }));
}

function workspaceLocks(ids: readonly string[]): Lock[] {
  return ids.map((id) => ({ on: 'workspace', id }));
}

/** Returns the groups of one list that the other does not have. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const set = new Set(others);
  return names.filter((name) => !set.has(name));
}

/** Returns the service of groups. */
export function createGroupService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  groupSettings: readonly GroupSettings[];
}): GroupService {
  const { db, changes, groupSettings } = deps;
  const mappable = locksOfGroupRoles(groupSettings);

  /** Brings the roles of one user up to date. */
  const update = (userId: string, cause: Cause, run: RunLocked) =>
    catchUpMappedRoles({ db, groupSettings, run, cause }, { userId });

  /** Stores the groups that `next` returns for the present ones, with the roles in the first workspaces concerned. */
  async function change(
    { id: identityId, userId, provider }: GroupHolder,
    next: (names: readonly string[]) => readonly string[],
    { source, at }: GroupStatement,
    run: RunLocked,
  ): Promise<void> {
    const settings = groupSettings.find((each) => each.provider === provider);
    if (settings?.source !== source || settings.allowed.length === 0) return;
    const before = (await findStatedGroups(db, identityId))?.names ?? [];
    const after = next(before);
    const cause = { by: 'group', provider, source };
    const lost = await findWorkspacesOfGroups(db, provider, without(before, after), WORKSPACES_PER_CHANGE);
    const gained = await findWorkspacesOfGroups(db, provider, without(after, before), WORKSPACES_PER_CHANGE);
    const workspaceIds = [...new Set([...lost, ...gained])].slice(0, WORKSPACES_PER_CHANGE);
    const locks: Lock[] = [...mappable, { on: 'user', id: userId }, ...workspaceLocks(workspaceIds)];
    await run(locks, async (uow) => {
      const present = await findStatedGroups(uow.tx, identityId);
      if (!present) return;
      const isOld =
        source === 'claim' && present.source === 'claim' && present.at !== null && at <= present.at;
      if (isOld) return;
      const names = next(present.names).filter(isGroupName);
      await storeGroups(uow.tx, identityId, { names, source, at });
      const concerned = { userId, workspaceIds };
      await applyMappedRoles(uow, groupSettings, concerned, WORKSPACES_PER_CHANGE, cause);
    });
    // The workspaces beyond the first, and those where the role of a group changed meanwhile.
    await update(userId, cause, run);
  }

  return {
    replaceGroups: (identity, groups, statement) =>
      change(identity, () => groups, statement, changes.runWithLocks),

    changeGroups: change,

    refresh: (userId) => update(userId, { by: 'group' }, changes.runWithLocks),
  };
}
