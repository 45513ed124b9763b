import { failure } from '../../domain/errors.ts';
import { findScimCredential } from '../../storage/repositories/accounts/scim-credentials.ts';
import type { Lock } from '../transactions/locks.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DirectoryCaller } from './caller.ts';

/**
 * Runs the work of a directory in one transaction, which checks its credential again. No other directory changes anything at the
 * same time; what else the work decides on, it locks. Throws `INVALID_TOKEN`.
 */
export function changeAsDirectory<T>(
  changes: UnitOfWorkRunner,
  caller: DirectoryCaller,
  locks: readonly Lock[],
  work: (uow: UnitOfWork) => Promise<T>,
): Promise<T> {
  return changes.runAsDirectory(caller, locks, async (uow) => {
    const credential = await findScimCredential(uow.tx, caller.digest, uow.now);
    if (credential?.id !== caller.credentialId) throw failure('INVALID_TOKEN');
    return work(uow);
  });
}
