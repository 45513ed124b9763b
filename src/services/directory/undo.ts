import { findDirectoryDeactivations } from '../../storage/repositories/accounts/directory-users.ts';
import { findUser } from '../../storage/repositories/accounts/users.ts';
import { reactivateUser } from '../accounts/deactivation.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';

const BATCH = 50;

/**
 * Reactivates the users that directories deactivated since an instant and that are still deactivated, in batches with a transaction
 * each. Returns their addresses.
 */
export async function undoDeactivations(changes: UnitOfWorkRunner, since: number): Promise<string[]> {
  const emails: string[] = [];
  for (;;) {
    const batch = await changes.runAsOperator(async (uow) => {
      const users = await findDirectoryDeactivations(uow.tx, since, BATCH);
      for (const { id } of users) {
        const user = await findUser(uow.tx, id);
        if (user) await reactivateUser(uow, user, { by: 'scim-undo' });
      }
      return users;
    });
    emails.push(...batch.map(({ email }) => email));
    if (batch.length < BATCH) return emails;
  }
}
