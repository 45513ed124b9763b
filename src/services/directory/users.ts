import type { Identity, IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { failure } from '../../domain/errors.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import type { ScimFilter } from '../../domain/scim/filter.ts';
import { type PatchOperation, parsePatch } from '../../domain/scim/patch.ts';
import {
  type DirectoryUser,
  parseUser,
  patchUser,
  type StatedUser,
  type UserAttribute,
} from '../../domain/scim/user.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import {
  countDirectoryUsers,
  type DirectoryAccount,
  findDirectoryAccount,
  listDirectoryUsers,
} from '../../storage/repositories/accounts/directory-users.ts';
import { findIdentity } from '../../storage/repositories/accounts/identities.ts';
import { createLinkedAccount } from '../identity/provisioning.ts';
import { type Lock, locksToLink } from '../transactions/locks.ts';
import { repeatOutdated } from '../transactions/repeat-outdated.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DirectoryCaller } from './caller.ts';
import { changeAsDirectory } from './change.ts';
import { applyState } from './state.ts';
import { applyValues, isVerifiedBy, requireDomain, requireFreeEmail } from './values.ts';

/** A page of resources: their number in all, and those from `startIndex` on, which counts from 1. */
export interface DirectoryPage<T> {
  readonly total: number;
  readonly startIndex: number;
  readonly resources: readonly T[];
}

/** A request for a page. */
export interface DirectoryPageRequest<A extends string> {
  readonly filter: ScimFilter<A> | null;
  readonly startIndex: number;
  readonly count: number;
}

/** Manages the people of a directory: the accounts that are linked to its provider, and no others. Bodies are those of SCIM. */
export interface DirectoryUserService {
  /** Returns the people that match a filter and that the directory has not deleted. */
  list(
    caller: DirectoryCaller,
    page: DirectoryPageRequest<UserAttribute>,
  ): Promise<DirectoryPage<DirectoryUser>>;
  /** Returns a person. Throws `NOT_FOUND`. */
  find(caller: DirectoryCaller, id: string): Promise<DirectoryUser>;
  /**
   * Creates the account of a person, or restores the one that the directory deleted. Throws `uniqueness` if the subject is linked or
   * the address belongs to an account, or `invalidValue`.
   */
  create(caller: DirectoryCaller, body: unknown): Promise<DirectoryUser>;
  /** Replaces what a directory states about a person. Throws `NOT_FOUND`, `uniqueness`, `invalidValue`, or `FORBIDDEN`. */
  replace(caller: DirectoryCaller, id: string, body: unknown): Promise<DirectoryUser>;
  /** Changes parts of what a directory states about a person. Throws the errors of `replace` and `invalidPath`. */
  patch(caller: DirectoryCaller, id: string, body: unknown): Promise<DirectoryUser>;
  /** Deactivates the account of a person, who is no longer in the directory. Throws `NOT_FOUND`. */
  remove(caller: DirectoryCaller, id: string): Promise<void>;
}

/** Returns a person that the directory has. Throws `NOT_FOUND`. */
async function load(
  db: Executor,
  { provider }: Pick<DirectoryCaller, 'provider'>,
  id: string,
): Promise<DirectoryAccount> {
  const account = await findDirectoryAccount(db, provider.id, id);
  if (!account || account.removedAt !== null) throw failure('NOT_FOUND');
  return account;
}

/** Returns the locks of a change of an account, which can also end what the user gave. */
function locksOfAccount(userId: string): Lock[] {
  return [
    { on: 'user', id: userId },
    { on: 'grantsOfUser', userId },
  ];
}

/** Returns the locks under which a person gets what a directory states. */
function locksOfStated(
  { provider }: DirectoryCaller,
  { externalId: subject, email }: Pick<StatedUser, 'externalId' | 'email'>,
): Lock[] {
  return locksToLink({ provider: provider.id, subject }, email);
}

/** Creates the account of a person, with their identity. Returns the id of the identity. */
async function insertPerson(
  uow: UnitOfWork,
  provider: IdentityProvider,
  { externalId: subject, email, name }: StatedUser,
): Promise<string> {
  requireDomain(provider, email);
  await requireFreeEmail(uow, email);
  const isVerified = isVerifiedBy(provider, email);
  const person = { provider: provider.id, subject, email, name: name ?? null, isVerified };
  const { identity } = await createLinkedAccount(uow, person, 'directory');
  return identity.id;
}

/** Returns the service of the people of directories. */
export function createDirectoryUserService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  logger: Logger;
}): DirectoryUserService {
  const { db, changes, logger } = deps;

  /** Stores what a directory states about a person; returns the person. */
  async function apply(
    uow: UnitOfWork,
    { provider }: DirectoryCaller,
    account: DirectoryAccount,
    stated: StatedUser,
  ): Promise<DirectoryUser> {
    await applyValues(uow, provider, account, stated);
    await applyState(uow, provider, account, stated.isActive, logger);
    return load(uow.tx, { provider }, account.id);
  }

  /** Creates the account of a person, or restores that of an identity which the directory deleted. */
  async function restoreOrInsert(
    uow: UnitOfWork,
    caller: DirectoryCaller,
    identity: Identity | null,
    stated: StatedUser,
  ): Promise<DirectoryUser> {
    const { provider } = caller;
    const id = identity?.id ?? (await insertPerson(uow, provider, stated));
    const account = await findDirectoryAccount(uow.tx, provider.id, id);
    if (!account || (identity && account.removedAt === null)) {
      throw scimFailure('uniqueness', 'This externalId is linked to an account already.');
    }
    return apply(uow, caller, account, stated);
  }

  function update(
    caller: DirectoryCaller,
    id: string,
    toStated: (account: DirectoryAccount) => StatedUser,
  ): Promise<DirectoryUser> {
    return repeatOutdated(async () => {
      const before = await load(db, caller, id);
      const expected = toStated(before);
      const locks = [...locksOfStated(caller, expected), ...locksOfAccount(before.userId)];
      return changeAsDirectory(changes, caller, locks, async (uow) => {
        const account = await load(uow.tx, caller, id);
        const stated = toStated(account);
        const isLocked = stated.externalId === expected.externalId && stated.email === expected.email;
        return isLocked ? apply(uow, caller, account, stated) : null;
      });
    });
  }

  return {
    async list({ provider }, { filter, startIndex, count }) {
      const window = { offset: startIndex - 1, limit: count };
      const total = await countDirectoryUsers(db, provider.id, filter);
      const resources = count === 0 ? [] : await listDirectoryUsers(db, provider.id, filter, window);
      return { total, startIndex, resources };
    },

    find: (caller, id) => load(db, caller, id),

    create(caller, body) {
      const { isActive = true, ...person } = parseUser(body);
      const subject = { provider: caller.provider.id, subject: person.externalId };
      return repeatOutdated(async () => {
        const before = await findIdentity(db, subject);
        const locks = [...locksOfStated(caller, person), ...(before ? locksOfAccount(before.userId) : [])];
        return changeAsDirectory(changes, caller, locks, async (uow) => {
          const identity = await findIdentity(uow.tx, subject);
          if (identity?.id !== before?.id) return null;
          return restoreOrInsert(uow, caller, identity, { ...person, isActive });
        });
      });
    },

    replace(caller, id, body) {
      const stated = parseUser(body);
      return update(caller, id, () => stated);
    },

    patch(caller, id, body) {
      const operations: readonly PatchOperation[] = parsePatch(body);
      return update(caller, id, ({ externalId, email }) =>
        patchUser({ externalId, email, name: undefined, isActive: undefined }, operations),
      );
    },

    async remove(caller, id) {
      // An identity never changes its user.
      const { userId } = await load(db, caller, id);
      await changeAsDirectory(changes, caller, locksOfAccount(userId), async (uow) => {
        const account = await load(uow.tx, caller, id);
        await applyState(uow, caller.provider, account, 'removed', logger);
      });
    },
  };
}
