import { failure } from '../../domain/errors.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import {
  type DirectoryGroup,
  type GroupAttribute,
  membersAfter,
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
 * request that fails in between can be repeated.
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

/** The groups that people are added to and removed from, when, and what runs the parts of the change. */
interface Move {
  readonly add: readonly string[];
  readonly remove: readonly string[];
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
    return { ...group, members: await findGroupMembers(db, provider, group.name) };
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
   * there. Throws `NOT_FOUND`, or `CONFLICT` if another request has renamed it.
   */
  function partsOf(caller: DirectoryCaller, { id, name }: Pick<DirectoryGroup, 'id' | 'name'>): RunLocked {
    return (locks, work) =>
      changeAsDirectory(changes, caller, locks, async (uow) => {
        const group = await findDirectoryGroup(uow.tx, caller.provider.id, id);
        if (!group) throw failure('NOT_FOUND');
        if (group.name !== name) throw failure('CONFLICT', 'Another request has renamed the group.');
        return work(uow);
      });
  }

  /** Adds people to groups and removes them from others, one after the other. The roles apply when it resolves. */
  async function moveEach(
    { provider }: DirectoryCaller,
    ids: readonly string[],
    { run, at, ...move }: Move,
  ): Promise<void> {
    for (const id of ids) {
      const account = await findDirectoryAccount(db, provider.id, id);
      if (!account) continue;
      const identity = { id, userId: account.userId, provider: provider.id };
      await groups.changeGroups(identity, move, { source: 'scim', at }, run);
    }
  }

  /** Moves all members of a group, and runs `end` in a transaction in which the group has none. */
  async function moveAll(
    caller: DirectoryCaller,
    name: string,
    move: Move,
    end: (uow: UnitOfWork) => Promise<void>,
  ): Promise<void> {
    const provider = caller.provider.id;
    await repeatOutdated(async () => {
      await moveEach(caller, await findGroupMembers(db, provider, name), move);
      return move.run([], async (uow) => {
        // Another request can have added a member meanwhile.
        if ((await findGroupMembers(uow.tx, provider, name)).length > 0) return null;
        await end(uow);
        return true;
      });
    });
  }

  /** Makes the members of a group those that are wanted, and gives it its new name. Losses come first. */
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
    const isRenamed = name !== before.name;
    const run = partsOf(caller, before);
    const at = await run([], async (uow) => {
      if (isRenamed) await requireFreeName(uow, caller, name);
      await updateDirectoryGroup(uow.tx, { id, name: before.name, externalId });
      return uow.now;
    });
    await moveEach(caller, without(members, wanted), { run, at, add: [], remove: [before.name] });
    if (isRenamed) {
      // The group is renamed last, so that a request that failed in between can be repeated.
      await moveAll(caller, before.name, { run, at, add: [name], remove: [before.name] }, async (uow) => {
        await requireFreeName(uow, caller, name);
        await updateDirectoryGroup(uow.tx, { id, name, externalId });
      });
    }
    await moveEach(caller, gained, { run: partsOf(caller, { id, name }), at, add: [name], remove: [] });
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
      const { id, at } = await changeAsDirectory(changes, caller, [], async (uow) => {
        await requireFreeName(uow, caller, name);
        const created = { id: uow.newId(), name, externalId, createdAt: uow.now };
        await insertDirectoryGroup(uow.tx, provider, created);
        return { id: created.id, at: uow.now };
      });
      // People can have a group of this name since the provider took its groups from claims.
      const { members: before } = await load(caller, id);
      const run = partsOf(caller, { id, name });
      await moveEach(caller, without(before, new Set(members)), { run, at, add: [], remove: [name] });
      await moveEach(caller, without(members, new Set(before)), { run, at, add: [name], remove: [] });
      return load(caller, id);
    },

    async replace(caller, id, body) {
      const before = await load(caller, id);
      const { group, members = before.members } = parseGroup(body);
      return update(caller, before, group, new Set(members));
    },

    async patch(caller, id, body) {
      const before = await load(caller, id);
      const { group, members } = patchGroup(before, parsePatch(body));
      return update(caller, before, group, membersAfter(before.members, members));
    },

    async remove(caller, id) {
      const { name } = await load(caller, id);
      const run = partsOf(caller, { id, name });
      const at = await run([], async ({ now }) => now);
      // The group is deleted last, so that a request that failed in between can be repeated.
      await moveAll(caller, name, { run, at, add: [], remove: [name] }, ({ tx }) =>
        deleteDirectoryGroup(tx, id),
      );
    },
  };
}
