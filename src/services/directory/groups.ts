import { failure } from '../../domain/errors.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import {
  type DirectoryGroup,
  type GroupAttribute,
  membersAfter,
  namesOf,
  parseGroup,
  patchGroup,
  type StatedGroup,
} from '../../domain/scim/group.ts';
import { parsePatch } from '../../domain/scim/patch.ts';
import type { Executor } from '../../storage/database.ts';
import {
  countDirectoryGroups,
  deleteDirectoryGroup,
  findDirectoryGroup,
  findGroupMembers,
  hasDirectoryGroup,
  insertDirectoryGroup,
  listDirectoryGroups,
  updateDirectoryGroup,
} from '../../storage/repositories/accounts/directory-groups.ts';
import { findDirectoryAccount } from '../../storage/repositories/accounts/directory-users.ts';
import type { GroupService } from '../identity/groups.ts';
import { repeatOutdated } from '../transactions/repeat-outdated.ts';
import type { RunLocked, UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DirectoryCaller } from './caller.ts';
import { changeAsDirectory } from './change.ts';
import type { DirectoryPage, DirectoryPageRequest } from './users.ts';

/** A group with the ids of its people. */
export interface DirectoryGroupWithMembers extends DirectoryGroup {
  readonly members: readonly string[];
}

/**
 * Manages the groups of a directory, whose provider must take its groups from SCIM; otherwise every method throws `NOT_FOUND`. The
 * members change one after the other, each with the roles that the group gives, and the credential is checked again for each. A
 * request that fails in between can be repeated. A group that is being renamed has members under both names: each request that
 * changes the group finishes that first, whichever began it.
 */
export interface DirectoryGroupService {
  /** Returns the groups that match a filter, without their members. */
  list(
    caller: DirectoryCaller,
    page: DirectoryPageRequest<GroupAttribute>,
  ): Promise<DirectoryPage<DirectoryGroup>>;
  /** Returns a group. Throws `NOT_FOUND`. */
  find(caller: DirectoryCaller, id: string): Promise<DirectoryGroupWithMembers>;
  /** Creates a group. Throws `uniqueness` if the provider has one of this name, or `invalidValue`. */
  create(caller: DirectoryCaller, body: unknown): Promise<DirectoryGroupWithMembers>;
  /** Replaces a group; without `members`, they stay. Throws `NOT_FOUND`, `uniqueness` or `invalidValue`. */
  replace(caller: DirectoryCaller, id: string, body: unknown): Promise<DirectoryGroupWithMembers>;
  /** Changes parts of a group. Throws the errors of `replace` and `invalidPath`. */
  patch(caller: DirectoryCaller, id: string, body: unknown): Promise<DirectoryGroupWithMembers>;
  /** Deletes a group, which then gives no roles. Throws `NOT_FOUND`. */
  remove(caller: DirectoryCaller, id: string): Promise<void>;
}

function requireSource({ provider }: DirectoryCaller): string {
  if (provider.groupsFrom !== 'scim' || provider.groups.length === 0) throw failure('NOT_FOUND');
  return provider.id;
}

/** Another request has renamed the group, or begun to. */
const RENAMED_MEANWHILE = failure('CONFLICT', 'Another request has renamed the group.');

/** Returns the groups of a person by the present ones. */
type Move = (names: readonly string[]) => readonly string[];

const joining =
  (name: string): Move =>
  (names) =>
    names.includes(name) ? names : [...names, name];

const leaving =
  (left: readonly string[]): Move =>
  (names) =>
    names.filter((name) => !left.includes(name));

/** A person who is no longer in the group has been removed from it meanwhile. */
const following =
  (from: string, to: string): Move =>
  (names) =>
    names.includes(from) ? joining(to)(leaving([from])(names)) : names;

/** When people move, and what runs the parts of the change. */
interface Parts {
  readonly at: number;
  readonly run: RunLocked;
}

/** Returns the ids that a set does not have. */
function without(ids: Iterable<string>, others: ReadonlySet<string>): string[] {
  return [...ids].filter((id) => !others.has(id));
}

/** Returns the service of the groups of directories. */
export function createDirectoryGroupService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  groups: Pick<GroupService, 'changeGroups'>;
}): DirectoryGroupService {
  const { db, changes, groups } = deps;

  async function load(caller: DirectoryCaller, id: string): Promise<DirectoryGroupWithMembers> {
    const provider = requireSource(caller);
    const group = await findDirectoryGroup(db, provider, id);
    if (!group) throw failure('NOT_FOUND');
    return { ...group, members: await findGroupMembers(db, provider, namesOf(group)) };
  }

  /** Throws `invalidValue` if the directory does not have one of the people. */
  async function requirePeople({ provider }: DirectoryCaller, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const account = await findDirectoryAccount(db, provider.id, id);
      if (!account || account.removedAt !== null) {
        throw scimFailure('invalidValue', 'A member is not a user of this directory.');
      }
    }
  }

  async function requireFreeName(
    { tx }: UnitOfWork,
    { provider }: DirectoryCaller,
    name: string,
  ): Promise<void> {
    if (await hasDirectoryGroup(tx, provider.id, name)) {
      throw scimFailure('uniqueness', 'The provider has a group of this displayName already.');
    }
  }

  /**
   * Returns what runs the parts of a change of a group. Each checks again that the directory may change it and that the group is
   * there. Throws `NOT_FOUND`, or `RENAMED_MEANWHILE`.
   */
  function partsOf(
    caller: DirectoryCaller,
    { id, name, renamedTo }: Pick<DirectoryGroup, 'id' | 'name' | 'renamedTo'>,
  ): RunLocked {
    return (locks, work) =>
      changeAsDirectory(changes, caller, locks, async (uow) => {
        const group = await findDirectoryGroup(uow.tx, caller.provider.id, id);
        if (!group) throw failure('NOT_FOUND');
        if (group.name !== name || group.renamedTo !== renamedTo) throw RENAMED_MEANWHILE;
        return work(uow);
      });
  }

  /** Moves people between groups, one after the other. The roles apply when it resolves. */
  async function moveEach(
    { provider }: DirectoryCaller,
    ids: readonly string[],
    move: Move,
    { run, at }: Parts,
  ): Promise<void> {
    for (const id of ids) {
      const account = await findDirectoryAccount(db, provider.id, id);
      if (!account) continue;
      const identity = { id, userId: account.userId, provider: provider.id };
      await groups.changeGroups(identity, move, { source: 'scim', at }, run);
    }
  }

  /** Moves all members that a group has under its name, and runs `end` in a transaction in which none is left. */
  async function moveAll(
    caller: DirectoryCaller,
    group: DirectoryGroup,
    move: Move,
    end: (uow: UnitOfWork) => Promise<void>,
  ): Promise<void> {
    const { id: provider } = caller.provider;
    const run = partsOf(caller, group);
    const at = await run([], async ({ now }) => now);
    await repeatOutdated(async () => {
      await moveEach(caller, await findGroupMembers(db, provider, [group.name]), move, { run, at });
      return run([], async (uow) => {
        // Another request can have added a member meanwhile.
        if ((await findGroupMembers(uow.tx, provider, [group.name])).length > 0) return null;
        await end(uow);
        return true;
      });
    });
  }

  /** Gives a group that is being renamed its new name, when all members have moved there. */
  async function finishRename(caller: DirectoryCaller, group: DirectoryGroup): Promise<void> {
    const { id, name, externalId, renamedTo } = group;
    if (renamedTo === null) return;
    await moveAll(caller, group, following(name, renamedTo), ({ tx }) =>
      updateDirectoryGroup(tx, { id, name: renamedTo, externalId, renamedTo: null }),
    );
  }

  /** Runs a change of a group that is not being renamed. It runs again if another request renames the group meanwhile. */
  async function changeGroup<T>(
    caller: DirectoryCaller,
    id: string,
    change: (group: DirectoryGroupWithMembers) => Promise<T>,
  ): Promise<T> {
    return repeatOutdated(async () => {
      try {
        const group = await load(caller, id);
        if (group.renamedTo === null) return await change(group);
        await finishRename(caller, group);
        return null;
      } catch (error) {
        if (error === RENAMED_MEANWHILE) return null;
        throw error;
      }
    });
  }

  /**
   * Makes the members of a group those that are wanted, and gives it its new name. Losses come first. The name is reserved before
   * anything else, so a request is refused before it has changed something.
   */
  async function update(
    caller: DirectoryCaller,
    before: DirectoryGroupWithMembers,
    stated: StatedGroup,
    wanted: ReadonlySet<string>,
  ): Promise<DirectoryGroupWithMembers> {
    const { id, members } = before;
    const { name, externalId = before.externalId } = stated;
    const gained = without(wanted, new Set(members));
    await requirePeople(caller, gained);
    const reserved = { ...before, externalId, renamedTo: name === before.name ? null : name };
    const at = await partsOf(caller, before)([], async (uow) => {
      if (reserved.renamedTo !== null) await requireFreeName(uow, caller, name);
      await updateDirectoryGroup(uow.tx, reserved);
      return uow.now;
    });
    const lost = without(members, wanted);
    await moveEach(caller, lost, leaving(namesOf(reserved)), { run: partsOf(caller, reserved), at });
    await finishRename(caller, reserved);
    const run = partsOf(caller, { id, name, renamedTo: null });
    await moveEach(caller, gained, joining(name), { run, at });
    return load(caller, id);
  }

  return {
    async list(caller, { filter, startIndex, count }) {
      const provider = requireSource(caller);
      const window = { offset: startIndex - 1, limit: count };
      const total = await countDirectoryGroups(db, provider, filter);
      const resources = count === 0 ? [] : await listDirectoryGroups(db, provider, filter, window);
      return { total, startIndex, resources };
    },

    find: load,

    async create(caller, body) {
      const provider = requireSource(caller);
      const { group, members = [] } = parseGroup(body);
      await requirePeople(caller, members);
      const { name, externalId = null } = group;
      const id = await changeAsDirectory(changes, caller, [], async (uow) => {
        await requireFreeName(uow, caller, name);
        const created = { id: uow.newId(), name, externalId, renamedTo: null, createdAt: uow.now };
        await insertDirectoryGroup(uow.tx, provider, created);
        return created.id;
      });
      // People can have a group of this name since the provider took its groups from claims.
      return changeGroup(caller, id, (created) =>
        update(caller, created, { name: created.name, externalId: undefined }, new Set(members)),
      );
    },

    replace: (caller, id, body) =>
      changeGroup(caller, id, (before) => {
        const { group, members = before.members } = parseGroup(body);
        return update(caller, before, group, new Set(members));
      }),

    patch: (caller, id, body) =>
      changeGroup(caller, id, (before) => {
        const { group, members } = patchGroup(before, parsePatch(body));
        return update(caller, before, group, membersAfter(before.members, members));
      }),

    async remove(caller, id) {
      // The group is deleted last, so that a request that failed in between can be repeated.
      await changeGroup(caller, id, async (group) => {
        await moveAll(caller, group, leaving([group.name]), ({ tx }) => deleteDirectoryGroup(tx, id));
        return true;
      });
    },
  };
}
