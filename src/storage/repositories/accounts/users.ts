import { type Selectable, sql } from 'kysely';
import type { User } from '../../../domain/user.ts';
import type { Executor } from '../../database.ts';
import { prepareQueryByIds, prepareQueryOne } from '../../query/prepared.ts';
import type { Tables } from '../../tables.ts';

const COLUMNS = ['id', 'email', 'email_verified_at', 'name', 'created_at', 'deactivated_at'] as const;

function toUser(row: Pick<Selectable<Tables['users']>, (typeof COLUMNS)[number]>): User {
  return {
    id: row.id,
    email: row.email,
    emailVerifiedAt: row.email_verified_at,
    name: row.name,
    createdAt: row.created_at,
    deactivatedAt: row.deactivated_at,
  };
}

/** A user with the password hash. */
export interface Account extends User {
  /** `null` if the user signs in with a provider only. */
  readonly passwordHash: string | null;
  /** Whether the operator made the account for signing in with a password. No directory reaches it. */
  readonly isLocal: boolean;
}

/** A password hash to store. */
export interface NewPassword {
  readonly passwordHash: string;
  /** Whether the user has to choose another password before doing anything else. */
  readonly isTemporary?: boolean;
}

/** Stores a user. Throws a unique violation if the email is taken. */
export async function insertUser(
  db: Executor,
  user: Omit<Account, 'deactivatedAt' | 'isLocal'> & Pick<NewPassword, 'isTemporary'> & { isLocal?: boolean },
): Promise<void> {
  await db
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email,
      email_verified_at: user.emailVerifiedAt,
      name: user.name,
      password_hash: user.passwordHash,
      password_temporary: user.isTemporary ? 1 : 0,
      is_local: user.isLocal ? 1 : 0,
      created_at: user.createdAt,
      deactivated_at: null,
    })
    .execute();
}

const userById = prepareQueryOne((db: Executor, id: string) =>
  db.selectFrom('users').select(COLUMNS).where('id', '=', id),
);

/** Returns a user by id. */
export async function findUser(db: Executor, id: string): Promise<User | null> {
  const row = await userById(db, id);
  return row ? toUser(row) : null;
}

const usersById = prepareQueryByIds((db: Executor, ids) =>
  db
    .selectFrom('users')
    .select(COLUMNS)
    .where('id', 'in', [...ids]),
);

/** Returns the users with these ids, in no order. */
export async function findUsers(db: Executor, ids: readonly string[]): Promise<User[]> {
  return (await usersById(db, ids)).map(toUser);
}

const usersByEmail = prepareQueryByIds((db: Executor, emails) =>
  db
    .selectFrom('users')
    .select(COLUMNS)
    .where('email', 'in', [...emails]),
);

/** Returns the users with these emails, in lower case, in no order. */
export async function findUsersByEmails(db: Executor, emails: readonly string[]): Promise<User[]> {
  return (await usersByEmail(db, emails)).map(toUser);
}

async function findAccountBy(db: Executor, column: 'id' | 'email', value: string): Promise<Account | null> {
  const row = await db
    .selectFrom('users')
    .select([...COLUMNS, 'password_hash', 'is_local'])
    .where(column, '=', value)
    .executeTakeFirst();
  return row ? { ...toUser(row), passwordHash: row.password_hash, isLocal: row.is_local !== 0 } : null;
}

/** Returns a user with the password hash, by id. */
export async function findAccount(db: Executor, id: string): Promise<Account | null> {
  return findAccountBy(db, 'id', id);
}

/** Returns a user with the password hash, by email in lower case. */
export async function findUserByEmail(db: Executor, email: string): Promise<Account | null> {
  return findAccountBy(db, 'email', email);
}

/** Returns the user with the address of an invitation, by the digest of its secret. */
export async function findInvitedUser(db: Executor, digest: string): Promise<User | null> {
  const row = await db
    .selectFrom('users')
    .select(COLUMNS)
    .where('email', 'in', (eb) =>
      eb.selectFrom('invitations').select('invitations.email').where('digest', '=', digest),
    )
    .executeTakeFirst();
  return row ? toUser(row) : null;
}

/** Returns every user, ordered by email. */
export async function listUsers(db: Executor): Promise<User[]> {
  return (await db.selectFrom('users').select(COLUMNS).orderBy('email').execute()).map(toUser);
}

/** Returns whether there is a user. */
export async function hasUsers(db: Executor): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Returns whether a user has a password, and whether the account is local. */
export async function findPasswordState(
  db: Executor,
  id: string,
): Promise<{ readonly hasPassword: boolean; readonly isLocal: boolean }> {
  const row = await db
    .selectFrom('users')
    .select(['password_hash', 'is_local'])
    .where('id', '=', id)
    .executeTakeFirst();
  return { hasPassword: row != null && row.password_hash !== null, isLocal: row?.is_local === 1 };
}

/** Replaces a user's password hash. */
export async function setPassword(
  db: Executor,
  id: string,
  { passwordHash, isTemporary }: NewPassword,
): Promise<void> {
  const values = { password_hash: passwordHash, password_temporary: isTemporary ? 1 : 0 };
  await db.updateTable('users').set(values).where('id', '=', id).execute();
}

/** Marks a user's address as verified at an instant. */
export async function setEmailVerifiedAt(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('users').set({ email_verified_at: at }).where('id', '=', id).execute();
}

/** Sets a user's email, which becomes unverified. Throws a unique violation if it is taken. */
export async function setEmail(db: Executor, id: string, email: string): Promise<void> {
  await db.updateTable('users').set({ email, email_verified_at: null }).where('id', '=', id).execute();
}

/** Who deactivated a user. */
export type Deactivator = 'OPERATOR' | 'DIRECTORY';

/** Returns when a user was deactivated and who did it; `null` for an active user. */
export async function findDeactivation(
  db: Executor,
  id: string,
): Promise<{ readonly at: number | null; readonly by: Deactivator | null }> {
  const row = await db
    .selectFrom('users')
    .select(['deactivated_at', 'deactivated_by'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { at: row.deactivated_at, by: row.deactivated_by as Deactivator | null };
}

/**
 * Returns up to `limit` users that were deactivated before an instant and have personal tokens that are not revoked, without
 * those of whose tokens an end is pending.
 */
export async function findSuspendedTokenOwners(
  db: Executor,
  before: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('deactivated_at', '<=', before)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('tokens')
          .select('tokens.id')
          .whereRef('tokens.owner_id', '=', 'users.id')
          .where('tokens.revoked_at', 'is', null),
      ),
    )
    .where((eb) =>
      eb(
        'users.id',
        'not in',
        eb.selectFrom('pending_ends').select(sql<string>`coalesce(user_id, '')`.as('user_id')),
      ),
    )
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Sets a user's name. */
export async function setName(db: Executor, id: string, name: string): Promise<void> {
  await db.updateTable('users').set({ name }).where('id', '=', id).execute();
}

/** Deactivates a user at an instant. */
export async function setDeactivated(db: Executor, id: string, at: number, by: Deactivator): Promise<void> {
  const values = { deactivated_at: at, deactivated_by: by };
  await db.updateTable('users').set(values).where('id', '=', id).execute();
}

/** Reactivates a user. */
export async function setReactivated(db: Executor, id: string): Promise<void> {
  const values = { deactivated_at: null, deactivated_by: null };
  await db.updateTable('users').set(values).where('id', '=', id).execute();
}

/** Refuses, from now on, the JSON Web Tokens of a user that were issued before the end of the second of an instant. */
export async function setCredentialsNotBefore(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('users').set({ credentials_not_before: at }).where('id', '=', id).execute();
}

/** Stores that a user signed in at an instant. */
export async function setSignedInAt(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('users').set({ signed_in_at: at }).where('id', '=', id).execute();
}

/** What a link is for: setting a new password, or signing in. */
export type LinkPurpose = 'RESET' | 'SIGN_IN';

/** A link of the operator with which a user sets a new password or signs in, once. */
export interface ResetLink {
  readonly userId: string;
  readonly purpose: LinkPurpose;
  /** Whether the personal tokens of the user survive the new password. */
  readonly keepsTokens: boolean;
}

/** Stores the link of a user under the digest of its secret, in place of an earlier one. */
export async function replaceResetLink(
  db: Executor,
  link: ResetLink & { digest: string; createdAt: number; expiresAt: number },
): Promise<void> {
  const values = {
    digest: link.digest,
    purpose: link.purpose,
    keeps_tokens: link.keepsTokens ? 1 : 0,
    created_at: link.createdAt,
    expires_at: link.expiresAt,
  };
  await db
    .insertInto('reset_links')
    .values({ user_id: link.userId, ...values })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
    .execute();
}

/** Returns the link of a digest for a purpose; `null` if there is none or it has expired. */
export async function findResetLink(
  db: Executor,
  digest: string,
  purpose: LinkPurpose,
  now: number,
): Promise<ResetLink | null> {
  const row = await db
    .selectFrom('reset_links')
    .select(['user_id', 'keeps_tokens'])
    .where('digest', '=', digest)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ? { userId: row.user_id, purpose, keepsTokens: row.keeps_tokens !== 0 } : null;
}

/** Returns the users of links by the digests of their secrets, in no order. */
export async function findUsersByResetDigests(db: Executor, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('reset_links')
    .select('user_id')
    .where('digest', 'in', [...digests])
    .execute();
  return rows.map((row) => row.user_id);
}

/** Deletes the link of a user, if there is one. */
export async function deleteResetLink(db: Executor, userId: string): Promise<void> {
  await db.deleteFrom('reset_links').where('user_id', '=', userId).execute();
}

/** Deletes up to `most` expired links; returns the count. */
export async function deleteExpiredResetLinks(db: Executor, now: number, most: number): Promise<number> {
  const deleted = await db
    .deleteFrom('reset_links')
    .where('user_id', 'in', (eb) =>
      eb.selectFrom('reset_links').select('user_id').where('expires_at', '<=', now).limit(most),
    )
    .returning('user_id')
    .execute();
  return deleted.length;
}
