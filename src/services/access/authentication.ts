import { allowsPassword, type PasswordSignIn } from '../../domain/accounts/passwords.ts';
import { countsFor, type ProviderJwt } from '../../domain/accounts/provider-jwt.ts';
import { failure, PosternError } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import {
  ANONYMOUS,
  hasLimits,
  isToken,
  type Principal,
  requireAddress,
  type TokenPrincipal,
} from '../../domain/principal.ts';
import { statusOf } from '../../domain/token.ts';
import { type Session, sessionEnd } from '../../domain/user.ts';
import type { Clock } from '../../platform/clock.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { DataVersion, Executor } from '../../storage/database.ts';
import { findJwtAccount } from '../../storage/repositories/accounts/identities.ts';
import { findSessionByDigest } from '../../storage/repositories/accounts/sessions.ts';
import type { TokenSnapshot } from '../../storage/repositories/build-token-snapshot.ts';
import { findCurrentDigest, retireOldSecrets } from '../../storage/repositories/token-secrets.ts';
import { createTokenSnapshots } from '../../storage/repositories/token-snapshots.ts';
import type { Events } from '../transactions/events.ts';
import type { Transact } from '../transactions/transact.ts';
import type { Caller, Credential } from './caller.ts';
import type { LastUse } from './last-use.ts';
import { createPrincipalCache } from './principal-cache.ts';
import type { TokenUses } from './token-uses.ts';

/** Identifies callers by their credentials. */
export interface Authentication {
  /**
   * Returns the principal of a credential that comes from an address, without a promise if it is cached or, on SQLite, has a
   * stored snapshot, has no limits and nothing has to be stored. The first use of a new secret ends the overlap with the old
   * one. Throws `INVALID_TOKEN`, `TOKEN_REVOKED`, `TOKEN_DISABLED`, `TOKEN_EXPIRED`, `TOKEN_NO_ACCESS`, `INVALID_SESSION`,
   * `ADDRESS_NOT_ALLOWED` or `TOKEN_USED_UP`, in this order; without waiting, or by a rejected promise.
   */
  authenticate(credential: Credential, address: string | null): MaybePromise<Principal>;
  /** Returns the principal of a credential, regardless of its limits. Throws the other errors of `authenticate`. */
  identify(credential: Credential): MaybePromise<Principal>;
  /**
   * Returns the current principal of a caller that was authenticated earlier in the request; the anonymous principal for
   * a caller without a credential. With `tx`, reads in that transaction. Throws `UNAUTHENTICATED` if the credential is no
   * longer valid, or no longer from the caller's address. Uses do not matter: the request may have taken the last one.
   */
  identifyCaller(caller: Pick<Caller, 'credential' | 'address'>, tx?: Executor): MaybePromise<Principal>;
  /**
   * Returns the principal of a token, with the error that its current secret would be refused with; `null` if the token
   * does not exist. Does not use the token: an overlap continues.
   */
  identifyTokenById(tokenId: string): Promise<IdentifiedToken | null>;
}

/** A token, and why a request with it would be refused; `null` if it would not. */
export interface IdentifiedToken {
  readonly principal: TokenPrincipal;
  readonly refusal: PosternError | null;
}

const STATUS_ERRORS = {
  REVOKED: 'TOKEN_REVOKED',
  DISABLED: 'TOKEN_DISABLED',
  EXPIRED: 'TOKEN_EXPIRED',
  USED_UP: 'TOKEN_USED_UP',
} as const;

/** Returns whether the user that a token acts for is deactivated. */
function isDeactivated({ subject }: TokenSnapshot): boolean {
  return subject.kind === 'PERSONAL' && subject.deactivatedAt !== null;
}

/**
 * Returns the refusal of a secret; `null` if the token and every token that it derives from are active and have access,
 * and its owner is active.
 */
function refusalOf(snapshot: TokenSnapshot, now: number): PosternError | null {
  const { chain, validUntil, ended } = snapshot;
  if (isDeactivated(snapshot) || ended === 'DELETED') return failure('INVALID_TOKEN');
  if (validUntil !== null && now >= validUntil) return failure('INVALID_TOKEN');
  if (ended === 'REVOKED') return failure('TOKEN_REVOKED');
  const isAncestorDisabled = chain.some((link, place) => place > 0 && link.disabledAt !== null);
  for (const { revokedAt, disabledAt, expiresAt } of chain) {
    const status = statusOf({ revokedAt, disabledAt, isAncestorDisabled, expiresAt, isUsedUp: false }, now);
    if (status !== 'ACTIVE') return failure(STATUS_ERRORS[status]);
  }
  return chain.some((link) => link.access === 'NONE') ? failure('TOKEN_NO_ACCESS') : null;
}

/**
 * Returns when a secret expires: at the end of its overlap or with the first token of its chain; `null` if it never
 * does.
 */
function endOf({ validUntil, chain }: TokenSnapshot): number | null {
  let end = validUntil;
  for (const { expiresAt } of chain) {
    if (expiresAt !== null && (end === null || expiresAt < end)) end = expiresAt;
  }
  return end;
}

function principalOf(snapshot: TokenSnapshot): TokenPrincipal {
  const { subject, chain } = snapshot;
  const [{ tokenId }] = chain;
  const endsAt = endOf(snapshot);
  const replacesSecret = snapshot.hasOldSecret && snapshot.validUntil === null;
  if (subject.kind === 'WORKSPACE') {
    const { workspaceId, role } = subject;
    return {
      kind: 'WORKSPACE_TOKEN',
      tokenId,
      workspaceId,
      role,
      subject: subject.subject,
      federationId: subject.federationId,
      endsAt,
      replacesSecret,
      chain,
    };
  }
  const { userId, verifiedEmail, signedInAt: ownerSignedInAt, openRole } = subject;
  return {
    kind: 'PERSONAL_TOKEN',
    tokenId,
    userId,
    verifiedEmail,
    ownerSignedInAt,
    openRole,
    endsAt,
    replacesSecret,
    chain,
  };
}

/** Throws `UNAUTHENTICATED` in place of an error that refuses the credential of a caller that had been authenticated. */
function refuseCaller(error: unknown): never {
  throw error instanceof PosternError ? failure('UNAUTHENTICATED') : error;
}

/** Returns the session that a verified JSON Web Token of a provider is. Throws `INVALID_SESSION`. */
async function identifyJwt(db: Executor, jwt: ProviderJwt, now: number): Promise<Principal> {
  const account = await findJwtAccount(db, jwt);
  if (!account || !countsFor(jwt, account, now)) throw failure('INVALID_SESSION');
  return {
    kind: 'SESSION',
    sessionId: account.identityId,
    userId: account.userId,
    verifiedEmail: account.verifiedEmail,
    mustChangePassword: false,
    endsAt: jwt.endsAt,
    authenticatedAt: jwt.authenticatedAt,
    isJwt: true,
    isCommandLine: false,
  };
}

/** Returns the authentication of a database; `transact` stores the end of an overlap. */
export function createAuthentication(deps: {
  db: Executor;
  transact: Transact;
  version: DataVersion | null;
  clock: Clock;
  events: Events;
  uses: TokenUses;
  limits: Pick<Limits, 'sessionIdleTimeout'>;
  passwordSignIn: PasswordSignIn;
  lastUse: Pick<LastUse, 'unstored'>;
}): Authentication {
  const { uses, limits, lastUse } = deps;
  const snapshots = createTokenSnapshots(deps);
  const cache = deps.version && createPrincipalCache(deps.version);

  /** Returns when a session ends. A use counts before it is stored. */
  function endOfSession(session: Pick<Session, 'id' | 'createdAt' | 'expiresAt' | 'lastUsedAt'>): number {
    const lastUsedAt = lastUse.unstored(session.id)?.at ?? session.lastUsedAt;
    return sessionEnd({ ...session, lastUsedAt }, limits.sessionIdleTimeout);
  }

  async function identifySession(db: Executor, digest: string, now: number): Promise<Principal> {
    const session = await findSessionByDigest(db, digest);
    const endsAt = session && session.deactivatedAt === null ? endOfSession(session) : 0;
    if (!session || now >= endsAt) throw failure('INVALID_SESSION');
    const { id: sessionId, userId, verifiedEmail } = session;
    const { authenticatedAt, isCommandLine } = session;
    return {
      kind: 'SESSION',
      sessionId,
      userId,
      verifiedEmail,
      // A user who cannot change it would be locked out.
      mustChangePassword: session.mustChangePassword && allowsPassword(deps.passwordSignIn, session),
      endsAt,
      authenticatedAt,
      isJwt: false,
      isCommandLine,
    };
  }

  function identifyToken(db: Executor, digest: string, now: number): MaybePromise<Principal> {
    return andThen(snapshots.find(db, digest), (snapshot) => {
      const refusal = snapshot ? refusalOf(snapshot, now) : failure('INVALID_TOKEN');
      if (!snapshot || refusal) throw refusal;
      return principalOf(snapshot);
    });
  }

  function lookUp(db: Executor, credential: Credential, now: number): MaybePromise<Principal> {
    if (credential.kind === 'JWT') return identifyJwt(db, credential.jwt, now);
    const { kind, digest } = credential;
    return kind === 'SESSION' ? identifySession(db, digest, now) : identifyToken(db, digest, now);
  }

  /** Returns the principal of a credential by the committed data. */
  function identify(credential: Credential): MaybePromise<Principal> {
    const now = deps.clock();
    const find = () => lookUp(deps.db, credential, now);
    return cache ? cache.get(credential.digest, now, find) : find();
  }

  /**
   * Returns the principal of a credential as a transaction sees it. It is the cached one if the version of the data is still the
   * same: what earlier works of the same commit have written, and not yet committed, changes the version too.
   */
  function identifyIn(tx: Executor, credential: Credential): MaybePromise<Principal> {
    const now = deps.clock();
    return cache?.find(credential.digest, now) ?? lookUp(tx, credential, now);
  }

  /** Returns the caller if its limits allow a request from an address. */
  function requireWithinLimits(principal: Principal, address: string | null): MaybePromise<Principal> {
    if (!hasLimits(principal)) return principal;
    requireAddress(principal, address);
    return andThen(uses.require(principal), () => principal);
  }

  async function endOverlap(principal: TokenPrincipal, { digest }: Credential): Promise<Principal> {
    await deps.transact([{ on: 'holderOf', tokenId: principal.tokenId }], (tx) =>
      retireOldSecrets(tx, principal.tokenId, digest),
    );
    deps.events.emit('authority');
    return principal;
  }

  return {
    identify,

    authenticate: (credential, address) =>
      andThen(identify(credential), (identified) =>
        andThen(requireWithinLimits(identified, address), (principal) =>
          isToken(principal) && principal.replacesSecret ? endOverlap(principal, credential) : principal,
        ),
      ),

    identifyCaller({ credential, address }, tx) {
      if (!credential) return ANONYMOUS;
      try {
        const identified = tx ? identifyIn(tx, credential) : identify(credential);
        const current = andThen(identified, (principal) => requireAddress(principal, address));
        return current instanceof Promise ? current.catch(refuseCaller) : current;
      } catch (error) {
        return refuseCaller(error);
      }
    },

    async identifyTokenById(tokenId) {
      const digest = await findCurrentDigest(deps.db, tokenId);
      const snapshot = digest === null ? null : await snapshots.peek(deps.db, digest);
      return snapshot && { principal: principalOf(snapshot), refusal: refusalOf(snapshot, deps.clock()) };
    },
  };
}
