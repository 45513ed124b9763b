import { failure } from '../../domain/errors.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import {
  type DirectoryGroup,
  type GroupAttribute,
  type MemberChange,
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
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DirectoryCaller } from './caller.ts';
import { changeAsDirectory } from './change.ts';
import type { DirectoryPage, DirectoryPageRequest } from './users.ts';

/** A group with the ids of its people. */
export interface DirectoryGroupWithMembers extends DirectoryGroup {
  readonly members: readonly string[];
}

/**
 * Manages the groups of a directory, whose provider must take its groups from SCIM; otherwise every method throws `NOT_FOUND`. The
 * members change one after the other, each with the roles that the group gives. A request that fails in between can be repeated.
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

/** Returns the members after changes in their order. */
function membersAfter(before: readonly string[], changes: readonly MemberChange[]): Set<string> {
  let members = new Set(before);
  for (const change of changes) {
    if (change.kind === 'clear' || change.kind === 'replace') members = new Set();
    if (change.kind === 'clear') continue;
    for (const id of change.ids) {
      if (change.kind === 'remove') members.delete(id);
      else members.add(id);
    }
  }
  return members;
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
  async function requirePeople({ provider }: DirectoryCaller, ids: Iterable<string>): Promise<void> {
    for (const id of ids) {
      const account = await findDirectoryAccount(db, provider.id, id);
      if (!account || account.removedAt !== null) {
        throw scimFailure('invalidValue', 'A member is not a user of this directory.');
      }
    }
  }

  /** Adds a person to groups and removes them from others. The roles apply when it resolves. */
  async function move(
    { provider }: DirectoryCaller,
    id: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
    at: number,
  ): Promise<void> {
    const account = await findDirectoryAccount(db, provider.id, id);
    if (!account) return;
    const identity = { id, userId: account.userId, provider: provider.id };
    await groups.changeGroups(identity, change, { source: 'scim', at });
  }

  /** Makes the members of a group those that are wanted, and gives them its new name. Losses come first. */
  async function moveAll(
    caller: DirectoryCaller,
    before: DirectoryGroupWithMembers,
    name: string,
    wanted: ReadonlySet<string>,
    at: number,
  ): Promise<void> {
    const isRenamed = name !== before.name;
    for (const id of before.members) {
      if (!wanted.has(id)) await move(caller, id, { add: [], remove: [before.name] }, at);
      else if (isRenamed) await move(caller, id, { add: [name], remove: [before.name] }, at);
    }
    const present = new Set(before.members);
    for (const id of wanted) if (!present.has(id)) await move(caller, id, { add: [name], remove: [] }, at);
  }

  async function update(
    caller: DirectoryCaller,
    before: DirectoryGroupWithMembers,
    stated: StatedGroup,
    wanted: ReadonlySet<string>,
  ): Promise<DirectoryGroupWithMembers> {
    const { id, members } = before;
    const { name, externalId = before.externalId } = stated;
    const present = new Set(members);
    await requirePeople(
      caller,
      [...wanted].filter((each) => !present.has(each)),
    );
    const at = await changeAsDirectory(changes, caller, async ({ tx, now }) => {
      if (name !== before.name && (await hasDirectoryGroup(tx, caller.provider.id, name))) {
        throw scimFailure('uniqueness', 'The provider has a group of this displayName already.');
      }
      await updateDirectoryGroup(tx, { id, name, externalId });
      return now;
    });
    await moveAll(caller, before, name, wanted, at);
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
      const created = await changeAsDirectory(changes, caller, async ({ tx, now, newId }) => {
        const { name, externalId = null } = group;
        if (await hasDirectoryGroup(tx, provider, name)) {
          throw scimFailure('uniqueness', 'The provider has a group of this displayName already.');
        }
        const stored = { id: newId(), name, externalId, createdAt: now };
        await insertDirectoryGroup(tx, provider, stored);
        return stored;
      });
      const before = await load(caller, created.id);
      await moveAll(caller, before, created.name, new Set(members), created.createdAt);
      return load(caller, created.id);
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
      const before = await load(caller, id);
      const at = await changeAsDirectory(changes, caller, async ({ tx, now }) => {
        await deleteDirectoryGroup(tx, id);
        return now;
      });
      await moveAll(caller, before, before.name, new Set(), at);
    },
  };
}
