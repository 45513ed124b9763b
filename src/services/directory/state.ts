import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { failure } from '../../domain/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import {
  type DirectoryAccount,
  isSuspendedElsewhere,
  setDirectoryState,
} from '../../storage/repositories/accounts/directory-users.ts';
import { findDeactivation } from '../../storage/repositories/accounts/users.ts';
import { deactivateUser, reactivateUser } from '../accounts/deactivation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { watchDeactivations } from './mass-deactivation.ts';

/** Reactivates an account. Throws `FORBIDDEN` unless directories deactivated it, and no other one still does. */
async function resume(
  uow: UnitOfWork,
  { id: provider }: IdentityProvider,
  { id, userId }: DirectoryAccount,
): Promise<void> {
  const { at, by } = await findDeactivation(uow.tx, userId);
  if (at !== null && by !== 'DIRECTORY') {
    throw failure(
      'FORBIDDEN',
      'The operator deactivated this account, and only the operator can reactivate it.',
    );
  }
  if (await isSuspendedElsewhere(uow.tx, userId, id)) {
    throw failure('FORBIDDEN', 'Another directory deactivated this account.');
  }
  await setDirectoryState(uow.tx, id, { suspendedAt: null, removedAt: null });
  await reactivateUser(uow, { id: userId, deactivatedAt: at }, { provider });
}

/**
 * Makes the account of a person active, or inactive, or `removed` from the directory; `undefined` leaves it as it is. A person
 * who was removed and is active again is in the directory. Throws `FORBIDDEN` if the directory cannot reactivate the account.
 */
export async function applyState(
  uow: UnitOfWork,
  provider: IdentityProvider,
  account: DirectoryAccount,
  state: boolean | 'removed' | undefined,
  logger: Logger,
): Promise<void> {
  if (state === undefined) return;
  if (state === true) return resume(uow, provider, account);
  const isRemoved = state === 'removed';
  const suspendedAt = account.suspendedAt ?? uow.now;
  await setDirectoryState(uow.tx, account.id, { suspendedAt, removedAt: isRemoved ? uow.now : null });
  const { at: deactivatedAt } = await findDeactivation(uow.tx, account.userId);
  const detail = { provider: provider.id, ...(isRemoved && { removed: true }) };
  const isNew = await deactivateUser(uow, { id: account.userId, deactivatedAt }, 'DIRECTORY', detail);
  if (isNew) await watchDeactivations(uow, provider.id, logger);
}
