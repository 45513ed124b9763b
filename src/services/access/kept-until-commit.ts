import type { TokenPrincipal } from '../../domain/principal.ts';
import type { MaybePromise } from '../../platform/maybe-promise.ts';
import type { DataVersion } from '../../storage/database.ts';

/**
 * Returns a read about a calling token whose result is kept beside the principal until anything is committed, by this process
 * or another: so it cannot be stale, like the principal itself (`principal-cache.ts`). It must not depend on works that keep the
 * version. Without a version it reads each time.
 */
export function keepUntilCommit<T>(
  version: DataVersion | null,
  read: (principal: TokenPrincipal) => Promise<T>,
): (principal: TokenPrincipal) => MaybePromise<T> {
  if (!version) return read;
  const kept = new WeakMap<TokenPrincipal, { readonly version: number; readonly value: T }>();

  async function readAndKeep(principal: TokenPrincipal, current: number): Promise<T> {
    const value = await read(principal);
    // If something was committed during the read, the next call sees another version.
    kept.set(principal, { version: current, value });
    return value;
  }

  return (principal) => {
    const current = version();
    const last = kept.get(principal);
    return last?.version === current ? last.value : readAndKeep(principal, current);
  };
}
