import type { Limits } from '../../domain/limits.ts';
import type { Session } from '../../domain/user.ts';
import { deleteIdleSessions } from '../../storage/repositories/accounts/sessions.ts';
import type { Transact } from '../transactions/transact.ts';

/**
 * Deletes a refused session if nothing has used it for too long, so that a longer time-out does not restore it. If that fails,
 * the session is refused all the same, and retention deletes it.
 */
export async function endIfIdle(
  { transact, limits }: { transact: Transact; limits: Pick<Limits, 'sessionIdleTimeout'> },
  { id, userId, expiresAt }: Pick<Session, 'id' | 'userId' | 'expiresAt'>,
  now: number,
): Promise<void> {
  const { sessionIdleTimeout } = limits;
  if (sessionIdleTimeout === null || now >= expiresAt) return;
  const usedBefore = now - sessionIdleTimeout;
  await transact([{ on: 'user', id: userId }], (tx) => deleteIdleSessions(tx, usedBefore, 1, id)).catch(
    () => {},
  );
}
