import { DAY } from '../../domain/duration.ts';
import type { User } from '../../domain/user.ts';
import { clearDirectoryStates } from '../../storage/repositories/accounts/directory-users.ts';
import { endSessions } from '../../storage/repositories/accounts/sessions.ts';
import {
  type Deactivator,
  deleteResetLink,
  findSuspendedTokenOwners,
  setDeactivated,
  setReactivated,
} from '../../storage/repositories/accounts/users.ts';
import { revokeSet } from '../tokens/ends.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { AuditEntry, UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { endGrantsOf } from '../workspaces/grant-ends.ts';

/** How long a reactivation restores the personal tokens of a deactivated user. Later they are revoked. In milliseconds. */
export const SUSPENSION = 30 * DAY;

type Detail = NonNullable<AuditEntry['detail']>;

/**
 * Deactivates a user: from the next request on, every credential of the user is refused. Ends the sessions and deletes the shares
 * and open invitations that the user gave. The personal tokens stay as they are and are suspended by the account. Returns
 * whether the user was active. A deactivation by the operator takes the place of one by a directory, which then cannot end it.
 */
export async function deactivateUser(
  uow: UnitOfWork,
  { id, deactivatedAt }: Pick<User, 'id' | 'deactivatedAt'>,
  by: Deactivator,
  detail: Detail = {},
): Promise<boolean> {
  if (deactivatedAt !== null) {
    if (by === 'OPERATOR') await setDeactivated(uow.tx, id, deactivatedAt, by);
    return false;
  }
  await setDeactivated(uow.tx, id, uow.now, by);
  const endedSessions = await endSessions(uow.tx, id, uow.now);
  await deleteResetLink(uow.tx, id);
  const { shares, invitations } = await endGrantsOf(uow, id);
  await auditUser(uow, 'user.deactivated', id, {
    ...detail,
    endedSessions,
    deletedShares: shares,
    deletedInvitations: invitations,
  });
  return true;
}

/**
 * Reactivates a user, also in the directories. Within 30 days, the personal tokens work again; later they are revoked. Shares and
 * invitations are not restored. Returns whether the user was deactivated.
 */
export async function reactivateUser(
  uow: UnitOfWork,
  { id, deactivatedAt }: Pick<User, 'id' | 'deactivatedAt'>,
  detail: Detail = {},
): Promise<boolean> {
  if (deactivatedAt === null) return false;
  const isLate = uow.now - deactivatedAt >= SUSPENSION;
  const revokedTokens = isLate ? await revokeSet(uow, { holder: { on: 'user', id } }) : 0;
  await setReactivated(uow.tx, id);
  await clearDirectoryStates(uow.tx, id);
  await auditUser(uow, 'user.reactivated', id, isLate ? { ...detail, revokedTokens } : detail);
  return true;
}

/** The number of users whose tokens are revoked in one transaction: few, because each can have a hundred. */
const OWNERS_PER_BATCH = 5;

/**
 * Revokes the personal tokens of users that were deactivated more than 30 days ago, up to a few users in each transaction. Returns
 * the number of users.
 */
export async function endSuspensions(changes: UnitOfWorkRunner): Promise<number> {
  for (let total = 0; ; ) {
    const count = await changes.runAsServer(async (uow) => {
      const ids = await findSuspendedTokenOwners(uow.tx, uow.now - SUSPENSION, OWNERS_PER_BATCH);
      for (const id of ids) await revokeSet(uow, { holder: { on: 'user', id } });
      return ids.length;
    });
    total += count;
    if (count < OWNERS_PER_BATCH) return total;
  }
}
