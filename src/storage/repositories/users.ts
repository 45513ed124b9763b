import type { Selectable } from 'kysely';
import type { User } from '../../domain/user.ts';
import type { Executor } from '../database.ts';
import { prepareQueryByIds } from '../query/prepared.ts';
import type { Tables } from '../tables.ts';

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
  readonly passwordHash: string;
}

/** Stores a user. Throws a unique violation if the email is taken. */
export async function insertUser(db: Executor, user: Omit<Account, 'deactivatedAt'>): Promise<void> {
  await db
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email,
      email_verified_at: user.emailVerifiedAt,
      name: user.name,
      password_hash: user.passwordHash,
      created_at: user.createdAt,
      deactivated_at: null,
    })
    .execute();
}

/** Returns a user by id. */
export async function findUser(db: Executor, id: string): Promise<User | null> {
  const row = await db.selectFrom('users').select(COLUMNS).where('id', '=', id).executeTakeFirst();
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

/** Returns a user with the password hash, by email in lower case. */
export async function findUserByEmail(db: Executor, email: string): Promise<Account | null> {
  const row = await db
    .selectFrom('users')
    .select([...COLUMNS, 'password_hash'])
    .where('email', '=', email)
    .executeTakeFirst();
  return row ? { ...toUser(row), passwordHash: row.password_hash } : null;
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

/** Replaces a user's password hash. */
export async function setPasswordHash(db: Executor, id: string, passwordHash: string): Promise<void> {
  await db.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}

/** Marks a user's address as verified at an instant. */
export async function setEmailVerifiedAt(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('users').set({ email_verified_at: at }).where('id', '=', id).execute();
}

/** Sets a user's email, which becomes unverified. Throws a unique violation if it is taken. */
export async function setEmail(db: Executor, id: string, email: string): Promise<void> {
  await db.updateTable('users').set({ email, email_verified_at: null }).where('id', '=', id).execute();
}

/** Deactivates a user at an instant, or reactivates the user with `null`. */
export async function setDeactivatedAt(db: Executor, id: string, at: number | null): Promise<void> {
  await db.updateTable('users').set({ deactivated_at: at }).where('id', '=', id).execute();
}
