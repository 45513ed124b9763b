import { HOUR, SECOND } from '../../domain/duration.ts';
import { badInput, PosternError } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { SECRETS_PER_REPORT } from '../../domain/secret.ts';
import type { Token } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import { networkOf } from '../../platform/network.ts';
import type { Executor } from '../../storage/database.ts';
import {
  deleteScimCredentialsByDigests,
  findScimProvidersByDigests,
} from '../../storage/repositories/accounts/scim-credentials.ts';
import { deleteSession } from '../../storage/repositories/accounts/sessions.ts';
import { deleteResetLink, findUsersByResetDigests } from '../../storage/repositories/accounts/users.ts';
import {
  type AttemptCount,
  countAttempts,
  findAttempts,
} from '../../storage/repositories/attempt-counters.ts';
import { deleteInvitation } from '../../storage/repositories/invitations.ts';
import {
  findInvitationsByDigests,
  findSessionsByDigests,
  findTokenIdsByDigests,
} from '../../storage/repositories/secret-digests.ts';
import { countLiveIssuedTokens } from '../../storage/repositories/token-issuers.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Caller } from '../access/caller.ts';
import { isTokenSecret, type ReadSecret, type SecretReader } from '../access/secret-reader.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { EVERYTHING } from '../transactions/locks.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { endGrantsOf } from '../workspaces/grant-ends.ts';
import { loadToken, revokeToken } from './lifecycle.ts';
import { finishTakeBack, revokeAndTakeBack } from './take-back.ts';

const REPORTS_PER_HOUR = 60;

/** Invalidates leaked secrets. Possession of a secret is enough to report it. */
export interface LeakService {
  /**
   * Revokes the tokens, sessions, invitations, reset links and SCIM credentials of the secrets and ignores strings that are not
   * valid secrets. Deletes the shares and invitations that the tokens and the users of the sessions gave, and takes back the memberships and
   * roles that the tokens gave. Returns the number of reported secrets, so that it does not reveal which are valid.
   * Throws `BAD_USER_INPUT` on more than 1,000 secrets, and `RATE_LIMITED` after 60 reports from one network in an
   * hour.
   */
  report(caller: Caller, secrets: readonly string[]): Promise<number>;
  /** Revokes the token, session, invitation, reset link or SCIM credential of a secret; returns whether the secret was valid. */
  revoke(caller: Caller, secret: string): Promise<boolean>;
}

/** The detail of the audit events. */
type Detail = { readonly by: 'leak-report' | 'oauth-revocation' };

function digestsOf(found: readonly ReadSecret[], isWanted: (secret: ReadSecret) => boolean): string[] {
  return found.filter(isWanted).map(({ digest }) => digest);
}

async function endSessions(uow: UnitOfWork, digests: readonly string[], detail: Detail): Promise<number> {
  const sessions = await findSessionsByDigests(uow.tx, digests);
  for (const { id, userId } of sessions) {
    await deleteSession(uow.tx, userId, id);
    if (detail.by === 'leak-report') await endGrantsOf(uow, userId);
    await uow.audit({ action: 'session.ended', userId, targetId: toGlobalId('Session', id), detail });
  }
  return sessions.length;
}

async function revokeInvitations(
  uow: UnitOfWork,
  digests: readonly string[],
  detail: Detail,
): Promise<number> {
  const invitations = await findInvitationsByDigests(uow.tx, digests);
  for (const { id, workspaceId, email } of invitations) {
    await deleteInvitation(uow.tx, id);
    const targetId = toGlobalId('Invitation', id);
    await uow.audit({
      action: 'member.invitation_revoked',
      workspaceId,
      targetId,
      detail: { email, ...detail },
    });
  }
  return invitations.length;
}

async function revokeResetLinks(
  uow: UnitOfWork,
  digests: readonly string[],
  detail: Detail,
): Promise<number> {
  const userIds = await findUsersByResetDigests(uow.tx, digests);
  for (const userId of userIds) {
    await deleteResetLink(uow.tx, userId);
    await auditUser(uow, 'user.reset_link_revoked', userId, detail);
  }
  return userIds.length;
}

async function revokeScimCredentials(
  uow: UnitOfWork,
  digests: readonly string[],
  detail: Detail,
): Promise<number> {
  const providers = await deleteScimCredentialsByDigests(uow.tx, digests);
  for (const provider of providers) {
    await uow.audit({ action: 'directory.credential_revoked', detail: { provider, ...detail } });
  }
  return providers.length;
}

/** What was invalidated: the number of valid secrets, and the tokens among what they belong to. */
interface Ended {
  readonly count: number;
  readonly tokenIds: readonly string[];
}

/** Invalidates secrets. After a leak report, `finishTakeBack` must follow for each token. */
async function endAll(uow: UnitOfWork, found: readonly ReadSecret[], detail: Detail): Promise<Ended> {
  const isLeak = detail.by === 'leak-report';
  const tokenIds = await findTokenIdsByDigests(uow.tx, digestsOf(found, isTokenSecret), uow.now);
  const revoke = (token: Token, detail: Record<string, unknown>) =>
    isLeak ? revokeAndTakeBack(uow, token, detail) : revokeToken(uow, token, { detail });
  for (const tokenId of tokenIds) {
    const issuedTokens = await countLiveIssuedTokens(uow.tx, tokenId);
    await revoke(await loadToken(uow, tokenId), issuedTokens === 0 ? detail : { ...detail, issuedTokens });
  }
  const ofKind = (kind: ReadSecret['kind']) => digestsOf(found, (secret) => secret.kind === kind);
  const sessions = await endSessions(uow, ofKind('SESSION'), detail);
  const invitations = await revokeInvitations(uow, ofKind('INVITATION'), detail);
  const resetLinks = await revokeResetLinks(uow, ofKind('RESET'), detail);
  const directories = await revokeScimCredentials(uow, ofKind('DIRECTORY'), detail);
  const count = tokenIds.length + sessions + invitations + resetLinks + directories;
  return { count, tokenIds };
}

/** Returns the key of the counter for reports from the network of an address. */
function reportKeyOf(address: string | null): string {
  return digestOf(`leak-report:${networkOf(address ?? 'unknown')}`);
}

/** Throws `RATE_LIMITED` if `added` more reports exceed the limit. */
function requireBelowLimit(count: AttemptCount | undefined, added: number, now: number): void {
  if (!count || count.attempts + added <= REPORTS_PER_HOUR) return;
  throw new PosternError('RATE_LIMITED', { retryAfter: Math.ceil((count.resetsAt - now) / SECOND) });
}

/** Returns what the secrets of a kind belong to. */
function findByDigests(
  db: Executor,
  kind: ReadSecret['kind'],
  digests: readonly string[],
  now: number,
): Promise<readonly unknown[]> {
  switch (kind) {
    case 'SESSION':
      return findSessionsByDigests(db, digests);
    case 'INVITATION':
      return findInvitationsByDigests(db, digests);
    case 'RESET':
      return findUsersByResetDigests(db, digests);
    case 'DIRECTORY':
      return findScimProvidersByDigests(db, digests);
    default:
      return findTokenIdsByDigests(db, digests, now);
  }
}

/** Returns whether a secret is valid. Takes one read, so that guesses need no transaction. */
async function isValid(db: Executor, { kind, digest }: ReadSecret, now: number): Promise<boolean> {
  return (await findByDigests(db, kind, [digest], now)).length > 0;
}

/** Returns the leak service. Its audit events have no actor, because the reporter is not identified. */
export function createLeakService(deps: {
  db: Executor;
  clock: Clock;
  changes: UnitOfWorkRunner;
  anonymousWork: AnonymousWork;
  secretReader: Pick<SecretReader, 'read'>;
}): LeakService {
  const { db, clock, anonymousWork, secretReader } = deps;

  /** Returns the texts that can be secrets, once each. */
  function readAll(texts: readonly string[]): ReadSecret[] {
    return [...new Set(texts)].flatMap((text) => secretReader.read(text) ?? []);
  }

  function run<T>(caller: Caller, work: (uow: UnitOfWork) => Promise<T>): Promise<T> {
    return deps.changes.run({ ...caller, credential: null, holder: null }, { kind: 'anyone' }, work, {
      locks: EVERYTHING,
    });
  }

  return {
    async report(caller, secrets) {
      if (secrets.length > SECRETS_PER_REPORT) {
        throw badInput(['secrets'], `must be at most ${SECRETS_PER_REPORT}`);
      }
      const key = reportKeyOf(caller.address);
      // Checked by a read first, so that denied reports need no transaction and write nothing.
      await anonymousWork(async () => {
        const now = clock();
        requireBelowLimit((await findAttempts(db, [key], now)).get(key), 1, now);
      });
      const { tokenIds } = await run(caller, async (uow) => {
        const { tx, now } = uow;
        // A report always writes, so that its duration does not reveal whether it found anything.
        requireBelowLimit((await countAttempts(tx, [key], now, HOUR)).get(key), 0, now);
        return endAll(uow, readAll(secrets), { by: 'leak-report' });
      });
      for (const tokenId of tokenIds) await finishTakeBack(deps, tokenId);
      return secrets.length;
    },

    async revoke(caller, secret) {
      const found = secretReader.read(secret);
      if (!found || !(await anonymousWork(() => isValid(db, found, clock())))) return false;
      const { count } = await run(caller, (uow) => endAll(uow, [found], { by: 'oauth-revocation' }));
      return count > 0;
    },
  };
}
