import { failure } from '../../domain/errors.ts';
import { hasLimits, limitsOf, type Principal, type TokenPrincipal } from '../../domain/principal.ts';
import type { MaybePromise } from '../../platform/maybe-promise.ts';
import type { DatabaseHandle, Executor } from '../../storage/database.ts';
import { haveUsesLeft, takeUses } from '../../storage/repositories/credential-uses.ts';

/** Counts the uses of tokens with a limit on them. A use of a token is also one of each token that it derives from. */
export interface TokenUses {
  /** Returns nothing if the token and its ancestors have a use left. Throws `TOKEN_USED_UP`. */
  require(principal: TokenPrincipal): MaybePromise<void>;
  /** Takes one use, and none if the uses of the token or of an ancestor are spent. Throws `TOKEN_USED_UP`. */
  take(principal: Principal): MaybePromise<void>;
}

/** Returns the tokens of a chain that have a limit on uses. */
function countedIds(principal: TokenPrincipal): string[] {
  return limitsOf(principal, 'uses').map(({ tokenId }) => tokenId);
}

function requireUse(hasUse: boolean): void {
  if (!hasUse) throw failure('TOKEN_USED_UP');
}

/** Returns the counter of a database. */
export function createTokenUses(deps: { db: Executor; autocommit: DatabaseHandle['autocommit'] }): TokenUses {
  return {
    require(principal) {
      const ids = countedIds(principal);
      return ids.length === 0 ? undefined : haveUsesLeft(deps.db, ids).then(requireUse);
    },
    take(principal) {
      const ids = hasLimits(principal) ? countedIds(principal) : [];
      return ids.length === 0 ? undefined : deps.autocommit((db) => takeUses(db, ids)).then(requireUse);
    },
  };
}
