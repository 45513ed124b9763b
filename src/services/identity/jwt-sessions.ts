import type { IdentityProvider, ProviderPerson } from '../../domain/accounts/identity-provider.ts';
import { isAdmitted } from '../../domain/accounts/identity-provider.ts';
import { countsFor, type ProviderJwt } from '../../domain/accounts/provider-jwt.ts';
import { HOUR } from '../../domain/duration.ts';
import { failure } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import { findJwtAccount } from '../../storage/repositories/accounts/identities.ts';
import { findStatedGroups } from '../../storage/repositories/accounts/identity-groups.ts';
import { setSignedInAt } from '../../storage/repositories/accounts/users.ts';
import type { JwtCredential } from '../access/caller.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { locksToLink } from '../transactions/locks.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { groupsIn, issuedAtIn, readsGroups, toPerson } from './claims.ts';
import { warnOfGroups } from './group-warnings.ts';
import type { GroupService } from './groups.ts';
import { endOf } from './jwt-claims.ts';
import type { JwtVerifier, VerifiedClaims } from './jwt-verifier.ts';
import { admit, refusalToProvision } from './provisioning.ts';

/** The verified tokens in memory. */
const KNOWN_MAX = 10_000;
/** How long a sign-in by JSON Web Token counts as the last one, so that not every token writes. */
const SEEN_INTERVAL = HOUR;

/** Accepts JSON Web Tokens of providers as credentials. */
export interface JwtSessions {
  /**
   * Returns the credential of a token of a person with an account, which is created if the provider's settings allow it. What
   * the token says about groups applies when the promise resolves. Throws `INVALID_SESSION` or `UNAVAILABLE`.
   */
  read(token: string): Promise<JwtCredential>;
}

interface Known {
  readonly credential: Promise<JwtCredential>;
  /** Until when the token need not be verified again. */
  until: number;
}

/** Returns the person of a token; throws `INVALID_SESSION` if the claims name none, or one that the provider's domains refuse. */
function personOf({ provider, claims }: VerifiedClaims, now: number): ProviderPerson {
  let person: ProviderPerson;
  try {
    person = toPerson(provider, claims, now);
  } catch {
    throw failure('INVALID_SESSION');
  }
  // Most access tokens state no address. Domains are then checked at sign-ins only.
  if (person.email !== null && !isAdmitted(provider, person)) throw failure('INVALID_SESSION');
  return person;
}

/** Returns the sessions of providers that have an audience. */
export function createJwtSessions(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  groups: GroupService;
  verifier: JwtVerifier;
  clock: Clock;
  logger: Logger;
}): JwtSessions {
  const { db, changes, groups, verifier, clock, logger } = deps;
  const known = new Map<string, Known>();

  /** Creates the account of a person if the provider's settings allow it. */
  async function provision(provider: IdentityProvider, person: ProviderPerson): Promise<void> {
    // Asked first: a person who is refused need not lock anything.
    const refusal = await refusalToProvision(db, provider, person, clock());
    if (refusal !== null || !isAdmitted(provider, person)) return;
    await changes.runWithLocks(locksToLink(person, person.email), (uow) => admit(uow, provider, person));
  }

  async function applyGroups({ provider, claims }: VerifiedClaims, jwt: ProviderJwt): Promise<void> {
    if (!readsGroups(provider)) return;
    const stated = groupsIn(provider, claims);
    if (stated === 'ABSENT') return;
    warnOfGroups(provider, stated, logger);
    if (stated === 'TOO_MANY') return;
    const account = await findJwtAccount(db, jwt);
    const before = account && (await findStatedGroups(db, account.identityId));
    if (!account || (before?.source === 'claim' && jwt.issuedAt <= (before.at ?? 0))) return;
    const names = stated === 'UNREADABLE' ? [] : stated;
    const identity = { id: account.identityId, userId: account.userId, provider: jwt.provider };
    await groups.replaceGroups(identity, names, { source: 'claim', at: jwt.issuedAt });
  }

  /** Stores that the person was here, at most once an hour. */
  async function recordSignIn(
    { userId, signedInAt }: { readonly userId: string; readonly signedInAt: number | null },
    { provider }: ProviderJwt,
    claims: VerifiedClaims['claims'],
  ): Promise<void> {
    if (signedInAt !== null && signedInAt > clock() - SEEN_INTERVAL) return;
    await changes.runWithLocks([{ on: 'user', id: userId }], async (uow) => {
      await setSignedInAt(uow.tx, userId, uow.now);
      await auditUser(
        uow,
        'session.created',
        userId,
        { by: 'jwt', provider, client: String(claims.azp ?? claims.client_id ?? '').slice(0, 255) },
        userId,
      );
    });
  }

  async function accept(token: string, entry: { until: number }): Promise<JwtCredential> {
    const now = clock();
    const verified = await verifier.verify(token);
    const { provider, claims } = verified;
    const person = personOf(verified, now);
    const jwt: ProviderJwt = {
      provider: provider.id,
      subject: person.subject,
      issuedAt: issuedAtIn(claims, now),
      endsAt: endOf(claims, now),
      authenticatedAt: person.authenticatedAt,
    };
    if (!(await findJwtAccount(db, jwt))) await provision(provider, person);
    // Also after a refusal: the address can have an account because another request of this person has just created it.
    const account = await findJwtAccount(db, jwt);
    if (!account || !countsFor(jwt, account, now)) throw failure('INVALID_SESSION');
    await applyGroups(verified, jwt);
    await recordSignIn(account, jwt, claims);
    entry.until = Math.min(jwt.endsAt, verified.freshUntil);
    return { kind: 'JWT', source: 'bearer', digest: digestOf(token), jwt };
  }

  return {
    read(token) {
      const digest = digestOf(token);
      const present = known.get(digest);
      if (present && clock() < present.until) return present.credential;
      const entry = { until: Number.POSITIVE_INFINITY };
      const credential = accept(token, entry);
      if (known.size >= KNOWN_MAX) known.clear();
      const stored: Known = Object.assign(entry, { credential });
      known.set(digest, stored);
      credential.catch(() => {
        if (known.get(digest) === stored) known.delete(digest);
      });
      return credential;
    },
  };
}
