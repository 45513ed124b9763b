import { HOUR } from '../../domain/duration.ts';
import type { Logger } from '../../platform/logger.ts';
import { countDirectoryDeactivations } from '../../storage/repositories/accounts/directory-users.ts';
import { countAttempts } from '../../storage/repositories/attempt-counters.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** More deactivations than this, and than a tenth of all users, in an hour raise an alarm. */
const USERS_MAX = 20;
const ALARM_KEY = 'directory-alarm';

/**
 * Raises an alarm, once an hour, in the log and in the audit log if directories deactivated more than 20 users and a tenth of all
 * in the last hour: a mistake in a directory looks like that. The deactivations remain; `postern scim undo` ends them.
 */
export async function watchDeactivations(uow: UnitOfWork, provider: string, logger: Logger): Promise<void> {
  const counts = await countDirectoryDeactivations(uow.tx, uow.now - HOUR);
  const { deactivated, users } = counts;
  if (deactivated <= USERS_MAX || deactivated * 10 <= users) return;
  const raised = (await countAttempts(uow.tx, [ALARM_KEY], uow.now, HOUR)).get(ALARM_KEY);
  if (raised?.attempts !== 1) return;
  await uow.audit({ action: 'directory.mass_deactivation', detail: { provider, ...counts } });
  uow.afterCommit(() =>
    logger.error(
      { provider, ...counts },
      'a directory deactivated many users: if that is a mistake, run "postern scim undo --since PT1H"',
    ),
  );
}
