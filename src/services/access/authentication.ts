import { failure, PosternError } from '../../domain/errors.ts';
import { ANONYMOUS, isToken, type Principal } from '../../domain/principal.ts';
import { statusOf } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import type { DataVersion, Executor } from '../../storage/database.ts';
import type { TokenSnapshot } from '../../storage/repositories/build-token-snapshot.ts';
import { findSessionByDigest } from '../../storage/repositories/sessions.ts';
import { createTokenSnapshots } from '../../storage/repositories/token-snapshots.ts';
import { retireOldSecrets } from '../../storage/repositories/tokens.ts';
import type { Events } from '../transactions/events.ts';
import type { Transact } from '../transactions/transact.ts';
import type { Credential } from './caller.ts';
import { createPrincipalCache } from './principal-cache.ts';

/** Turns what a caller presents into who is calling, as the database stands. */
export interface Authentication {
  /**
   * Who a credential belongs to. The first use of a new secret ends the overlap with the old one.
   * Throws `INVALID_TOKEN`, `TOKEN_REVOKED`, `TOKEN_DISABLED`, `TOKEN_EXPIRED`, `TOKEN_NO_ACCESS` or `INVALID_SESSION`.
   */
  authenticate(credential: Credential): Promise<Principal>;
  /** Who a credential belongs to, where that is known without the database and nothing is to be stored; `null` otherwise. */
  peek(credential: Credential): Principal | null;
  /** The same question again, within a request: who it is now. Throws `UNAUTHENTICATED` where it has become nobody. */
  reauthenticate(db: Executor, credential: Credential | null): Promise<Principal>;
}

const STATUS_ERRORS = {
  REVOKED: 'TOKEN_REVOKED',
  DISABLED: 'TOKEN_DISABLED',
  EXPIRED: 'TOKEN_EXPIRED',
} as const;

async function identifySession(db: Executor, digest: string, now: number): Promise<Principal> {
  const session = await findSessionByDigest(db, digest);
  if (!session || session.deactivatedAt !== null || now >= session.expiresAt)
    throw failure('INVALID_SESSION');
  return {
    kind: 'SESSION',
    sessionId: session.id,
    userId: session.userId,
    verifiedEmail: session.verifiedEmail,
    endsAt: session.expiresAt,
  };
}

/** Whether the user that a token acts for is deactivated. */
function isDeactivated({ subject }: TokenSnapshot): boolean {
  return subject.kind === 'PERSONAL' && subject.deactivatedAt !== null;
}

/** Throws where the token itself or a token above it is stopped, or may do nothing. */
function requireLive({ chain }: TokenSnapshot, now: number): void {
  const disabled = chain.find((link, place) => place > 0 && link.disabledAt !== null);
  const ancestorDisabledAt = disabled?.disabledAt ?? null;
  for (const { revokedAt, disabledAt, expiresAt } of chain) {
    const status = statusOf({ revokedAt, disabledAt, ancestorDisabledAt, expiresAt }, now);
    if (status !== 'ACTIVE') throw failure(STATUS_ERRORS[status]);
  }
  if (chain.some((link) => link.access === 'NONE')) throw failure('TOKEN_NO_ACCESS');
}

/** The first of the instants at which a secret stops working by itself: the end of its overlap, or of a token of its chain. */
function endOf({ validUntil, chain }: TokenSnapshot): number | null {
  let end = validUntil;
  for (const { expiresAt } of chain) {
    if (expiresAt !== null && (end === null || expiresAt < end)) end = expiresAt;
  }
  return end;
}

function principalOf(snapshot: TokenSnapshot): Principal {
  const { subject, chain } = snapshot;
  const [{ tokenId }] = chain;
  const endsAt = endOf(snapshot);
  const replacesSecret = snapshot.hasOldSecret && snapshot.validUntil === null;
  if (subject.kind === 'WORKSPACE') {
    const { workspaceId, role } = subject;
    return { kind: 'WORKSPACE_TOKEN', tokenId, workspaceId, role, endsAt, replacesSecret, chain };
  }
  const { userId, verifiedEmail } = subject;
  return { kind: 'PERSONAL_TOKEN', tokenId, userId, verifiedEmail, endsAt, replacesSecret, chain };
}

/** Authentication over a database; `transact` is for the one thing that it writes. */
export function createAuthentication(deps: {
  db: Executor;
  transact: Transact;
  version: DataVersion | null;
  clock: Clock;
  announcements: Events;
}): Authentication {
  const snapshots = createTokenSnapshots(deps);
  const cache = deps.version && createPrincipalCache(deps.version);

  async function identifyToken(db: Executor, digest: string, now: number): Promise<Principal> {
    const snapshot = await snapshots.find(db, digest);
    if (!snapshot || isDeactivated(snapshot)) throw failure('INVALID_TOKEN');
    if (snapshot.validUntil !== null && now >= snapshot.validUntil) throw failure('INVALID_TOKEN');
    requireLive(snapshot, now);
    return principalOf(snapshot);
  }

  function identify(db: Executor, { kind, digest }: Credential, now: number): Promise<Principal> {
    return kind === 'SESSION' ? identifySession(db, digest, now) : identifyToken(db, digest, now);
  }

  /** Who a credential belongs to, by what is committed. */
  function identifyNow(credential: Credential): Principal | Promise<Principal> {
    const now = deps.clock();
    const known = cache?.find(credential.digest, now);
    if (known) return known;
    const lookUp = () => identify(deps.db, credential, now);
    return cache ? cache.keep(credential.digest, lookUp) : lookUp();
  }

  return {
    async authenticate(credential) {
      const principal = await identifyNow(credential);
      if (isToken(principal) && principal.replacesSecret) {
        await deps.transact((tx) => retireOldSecrets(tx, principal.tokenId, credential.digest));
        deps.announcements.emit('authority');
      }
      return principal;
    },

    peek({ digest }) {
      const principal = cache?.find(digest, deps.clock()) ?? null;
      return principal && isToken(principal) && principal.replacesSecret ? null : principal;
    },

    async reauthenticate(db, credential) {
      if (!credential) return ANONYMOUS;
      try {
        return await (db === deps.db ? identifyNow(credential) : identify(db, credential, deps.clock()));
      } catch (error) {
        throw error instanceof PosternError ? failure('UNAUTHENTICATED') : error;
      }
    },
  };
}
