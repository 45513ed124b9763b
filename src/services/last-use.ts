import { credentialIdOf, type Principal } from '../domain/principal.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { type CredentialUse, saveUses } from '../storage/credential-uses.ts';
import type { Caller } from './caller.ts';
import type { Transact } from './transactions.ts';

const FLUSH_EVERY_MS = 5000;
const ROWS_AT_ONCE = 200;

/** Remembers the last authorised use of each credential, and stores it in batches. */
export interface LastUse {
  record(use: CredentialUse): void;
  /** Stores all that was recorded so far. What cannot be stored is kept for the next time. */
  flush(): Promise<void>;
  /** Stores what is left and stops. */
  close(): Promise<void>;
}

/** Notes that a caller was allowed something. Only that counts as a use: probing with a leaked token must not look like one. */
export function recordUse(
  { lastUse, clock }: { lastUse: LastUse; clock: Clock },
  { address, userAgent }: Pick<Caller, 'address' | 'userAgent'>,
  principal: Principal,
): void {
  const credentialId = credentialIdOf(principal);
  if (credentialId !== null) lastUse.record({ credentialId, at: clock(), ip: address, userAgent });
}

/** A recorder that stores every five seconds: that much may be lost in a crash, nothing on a clean stop. */
export function createLastUse(deps: { transact: Transact; logger: Logger }): LastUse {
  const pending = new Map<string, CredentialUse>();

  async function flush(): Promise<void> {
    while (pending.size > 0) {
      const batch = [...pending.values()].slice(0, ROWS_AT_ONCE);
      await deps.transact((tx) => saveUses(tx, batch));
      for (const use of batch) {
        if (pending.get(use.credentialId) === use) pending.delete(use.credentialId);
      }
    }
  }

  const timer = setInterval(() => {
    flush().catch((error: unknown) => deps.logger.warn({ err: error }, 'last use could not be stored'));
  }, FLUSH_EVERY_MS);
  timer.unref();

  return {
    record: (use) => void pending.set(use.credentialId, use),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
