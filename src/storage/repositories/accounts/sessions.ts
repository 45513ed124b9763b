import { type Expression, expressionBuilder, type SqlBool } from 'kysely';
import type { Session } from '../../../domain/user.ts';
import type { Executor } from '../../database.ts';
import { prepareLookup } from '../../query/batched-lookup.ts';
import { verifiedEmailOf } from '../../query/verified-email.ts';
import type { Tables } from '../../tables.ts';
import { deleteUses } from '../credential-uses.ts';
import { setCredentialsNotBefore } from './users.ts';

/** The identity at a provider that a session was opened with; `null` after a sign-in with a password. */
export interface SessionOrigin {
  readonly identityId: string | null;
  /** The id of the session at the provider; `null` if it has none. */
  readonly providerSession: string | null;
}

/** Stores a session under the digest of its secret. */
export async function insertSession(
  db: Executor,
  session: Omit<Session, 'lastUsedAt'> & SessionOrigin & { digest: string; authenticatedAt: number },
): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id: session.id,
      user_id: session.userId,
      digest: session.digest,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
      authenticated_at: session.authenticatedAt,
      ip: session.ip,
      user_agent: session.userAgent,
      command_line: session.commandLine,
      identity_id: session.identityId,
      provider_session: session.providerSession,
    })
    .execute();
}

function sessionQuery(db: Executor) {
  return db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .leftJoin('credential_uses as c', 'c.credential_id', 's.id')
    .select([
      's.digest as key',
      's.id',
      's.user_id',
      's.created_at',
      's.expires_at',
      's.authenticated_at',
      's.command_line',
      'c.at',
      'u.password_temporary',
      'u.is_local',
      verifiedEmailOf('u').as('verified_email'),
      'u.deactivated_at',
    ]);
}

const sessionByDigest = prepareLookup(['text'], (db, digest) =>
  sessionQuery(db).where('s.digest', '=', digest),
);

/** Returns the session of a digest with its user, even if the session has expired or the user is deactivated. */
export async function findSessionByDigest(
  db: Executor,
  digest: string,
): Promise<{
  id: string;
  userId: string;
  verifiedEmail: string | null;
  mustChangePassword: boolean;
  isLocal: boolean;
  createdAt: number;
  expiresAt: number;
  authenticatedAt: number;
  isCommandLine: boolean;
  lastUsedAt: number | null;
  deactivatedAt: number | null;
} | null> {
  const row = await sessionByDigest(db, digest);
  return row
    ? {
        id: row.id,
        userId: row.user_id,
        verifiedEmail: row.verified_email,
        mustChangePassword: row.password_temporary !== 0,
        isLocal: row.is_local !== 0,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        authenticatedAt: row.authenticated_at,
        isCommandLine: row.command_line !== null,
        lastUsedAt: row.at,
        deactivatedAt: row.deactivated_at,
      }
    : null;
}

/** Returns the provider at which the person of a session signed in; `null` after a sign-in without one. */
export async function findProviderOfSession(db: Executor, id: string): Promise<string | null> {
  const row = await db
    .selectFrom('sessions as s')
    .innerJoin('identities as i', 'i.id', 's.identity_id')
    .select('i.provider')
    .where('s.id', '=', id)
    .executeTakeFirst();
  return row?.provider ?? null;
}

/** Stores when the person of a session last proved who they are. */
export async function setAuthenticatedAt(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('sessions').set({ authenticated_at: at }).where('id', '=', id).execute();
}

/** Returns a user's sessions that have not expired, newest first. */
export async function listSessions(db: Executor, userId: string, now: number): Promise<Session[]> {
  const rows = await db
    .selectFrom('sessions as s')
    .leftJoin('credential_uses as c', 'c.credential_id', 's.id')
    .select([
      's.id',
      's.user_id',
      's.created_at',
      's.expires_at',
      's.ip',
      's.user_agent',
      's.command_line',
      'c.at',
    ])
    .where('s.user_id', '=', userId)
    .where('s.expires_at', '>', now)
    .orderBy('s.created_at', 'desc')
    .orderBy('s.id', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ip: row.ip,
    userAgent: row.user_agent,
    commandLine: row.command_line,
    lastUsedAt: row.at,
  }));
}

/** Gives a session a new secret; returns when the session expires. Throws if the session does not exist. */
export async function replaceSessionDigest(db: Executor, id: string, digest: string): Promise<number> {
  const row = await db
    .updateTable('sessions')
    .set({ digest })
    .where('id', '=', id)
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return row.expires_at;
}

/** Deletes the sessions that meet a condition, with their last uses; returns their ids. */
async function deleteWhere(db: Executor, condition: Expression<SqlBool>): Promise<string[]> {
  const deleted = await db.deleteFrom('sessions').where(condition).returning('id').execute();
  const ids = deleted.map(({ id }) => id);
  await deleteUses(db, ids);
  return ids;
}

/** Deletes one of a user's sessions; returns whether it existed. */
export async function deleteSession(db: Executor, userId: string, id: string): Promise<boolean> {
  const eb = expressionBuilder<Tables, 'sessions'>();
  return (await deleteWhere(db, eb.and([eb('id', '=', id), eb('user_id', '=', userId)]))).length > 0;
}

/**
 * Ends the sessions of a user, all or all but one; returns the count. JSON Web Tokens that were issued before the end of the second
 * of `at` are refused from now on.
 */
export async function endSessions(db: Executor, userId: string, at: number, exceptId = ''): Promise<number> {
  await setCredentialsNotBefore(db, userId, at);
  const eb = expressionBuilder<Tables, 'sessions'>();
  return (await deleteWhere(db, eb.and([eb('user_id', '=', userId), eb('id', '!=', exceptId)]))).length;
}

/** The most sessions that a new one ends, if the limit has become lower. */
const MOST_REPLACED = 50;

/** Ends a user's oldest sessions beyond the newest `most`, of which one is `newId`; returns their ids. */
export async function deleteOldestSessions(
  db: Executor,
  userId: string,
  newId: string,
  most: number,
): Promise<string[]> {
  const eb = expressionBuilder<Tables, 'sessions'>();
  const oldest = eb
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', '!=', newId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MOST_REPLACED)
    .offset(most - 1);
  return deleteWhere(db, eb('id', 'in', oldest));
}

/** The sessions that an identity opened: all but one, or those of one session at the provider. */
interface SessionsOfIdentity {
  readonly identityId: string;
  readonly exceptId?: string;
  readonly providerSession?: string | null;
}

/** Deletes sessions that an identity opened; returns the count. */
export async function deleteSessionsOfIdentity(
  db: Executor,
  { identityId, exceptId = '', providerSession = null }: SessionsOfIdentity,
): Promise<number> {
  const eb = expressionBuilder<Tables, 'sessions'>();
  const conditions = [eb('identity_id', '=', identityId), eb('id', '!=', exceptId)];
  if (providerSession !== null) conditions.push(eb('provider_session', '=', providerSession));
  return (await deleteWhere(db, eb.and(conditions))).length;
}

/** Deletes up to `most` expired sessions; returns the count. */
export async function deleteExpiredSessions(db: Executor, now: number, most: number): Promise<number> {
  const eb = expressionBuilder<Tables, 'sessions'>();
  const expired = eb.selectFrom('sessions').select('id').where('expires_at', '<=', now).limit(most);
  return (await deleteWhere(db, eb('id', 'in', expired))).length;
}
