import type { AccessRequest } from '../../domain/authority.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Token } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { DataVersion, Executor } from '../../storage/database.ts';
import type { AccessService } from '../access/access-checks.ts';
import type { Authentication } from '../access/authentication.ts';
import type { Caller } from '../access/caller.ts';
import type { LastUse } from '../access/last-use.ts';
import type { Lock } from '../transactions/locks.ts';
import { sessionOf, type UnitOfWork, type UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { createTokenAbilities, type TokenAbilities } from './abilities.ts';
import { createTokenCreation, type TokenCreation } from './create.ts';
import { deleteAll } from './ends.ts';
import {
  authorizedToken,
  deleteToken,
  disableToken,
  enableToken,
  endOverlap,
  revokeToken,
} from './lifecycle.ts';
import { createTokenReads, type TokenReads } from './read.ts';
import { createTokenRegeneration, type TokenRegeneration } from './regenerate.ts';
import { type TokenSubjects, tokenSubjects } from './subjects.ts';
import { finishTakeBack, revokeAndTakeBack } from './take-back.ts';
import { createTokenUpdates, type TokenUpdates } from './update.ts';

export interface RevokeTokenRequest {
  readonly tokenId: string;
  /** Also takes back what the token and its descendants gave. */
  readonly takeBack: boolean;
}

/**
 * Manages personal tokens and workspace tokens. The unit of work must have authorized the caller on the token of the
 * call; otherwise the method throws an `Error`.
 */
export interface TokenService
  extends TokenReads,
    TokenCreation,
    TokenUpdates,
    TokenRegeneration,
    TokenSubjects,
    TokenAbilities {
  /** The longest lifetime of a new personal token, in milliseconds. */
  readonly personalLifetime: number;
  /** Disables a token and all that derive from it until `enable`. Idempotent. Throws `CONFLICT` if it is revoked. */
  disable(uow: UnitOfWork, tokenId: string): Promise<Token>;
  /** Invalidates the old secret of a token before its overlap ends. Idempotent. */
  endOverlap(uow: UnitOfWork, tokenId: string): Promise<Token>;
  /** Enables a disabled token. Idempotent. Throws `CONFLICT` if it is revoked. */
  enable(uow: UnitOfWork, tokenId: string): Promise<Token>;
  /** Revokes the secrets of a token and of all that derive from it. Idempotent. `access` is what the call requires. */
  revoke(caller: Caller, access: AccessRequest, request: RevokeTokenRequest): Promise<Token>;
  /** Deletes a token and all that derive from it. */
  delete(uow: UnitOfWork, tokenId: string): Promise<void>;
  /**
   * Deletes all personal tokens of the signed-in user; returns the count. Throws `UNAUTHENTICATED` if the caller has no
   * session.
   */
  deleteAll(uow: UnitOfWork): Promise<number>;
}

/** Returns the token service. */
export function createTokenService(deps: {
  db: Executor;
  version: DataVersion | null;
  clock: Clock;
  secrets: SecretSource;
  limits: Limits;
  lastUse: LastUse;
  changes: UnitOfWorkRunner;
  access: AccessService;
  authentication: Authentication;
}): TokenService {
  return {
    ...createTokenReads(deps),
    ...createTokenCreation(deps),
    ...createTokenUpdates(deps),
    ...createTokenRegeneration(deps),
    ...tokenSubjects,
    ...createTokenAbilities(deps),
    personalLifetime: deps.limits.personalTokenLifetime,
    disable: disableToken,
    enable: enableToken,
    endOverlap,
    async revoke(caller, access, { tokenId, takeBack }) {
      const revoke = takeBack ? revokeAndTakeBack : revokeToken;
      const locks: Lock[] = takeBack ? [{ on: 'sharesOfToken', tokenId }] : [];
      const work = (uow: UnitOfWork) => revoke(uow, authorizedToken(uow, tokenId));
      const token = await deps.changes.run(caller, access, work, { locks });
      if (takeBack) await finishTakeBack(deps, tokenId);
      return token;
    },
    delete: deleteToken,
    deleteAll: (uow) => deleteAll(uow, { on: 'user', id: sessionOf(uow).userId }),
  };
}
