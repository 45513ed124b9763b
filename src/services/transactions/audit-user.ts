import type { AuditAction } from '../../domain/audit.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { AuditEntry, UnitOfWork } from './unit-of-work.ts';

/** Writes an audit event about a user into the log of the account. `actorId` is as in `AuditEntry`. */
export function auditUser(
  uow: UnitOfWork,
  action: AuditAction,
  userId: string,
  detail: NonNullable<AuditEntry['detail']> = {},
  actorId?: string,
): Promise<void> {
  const actor = actorId === undefined ? {} : { actorId };
  return uow.audit({ action, ...actor, userId, targetId: toGlobalId('User', userId), detail });
}
