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

/** A user with the hash of the password. */
export interface Account extends User {
  readonly passwordHash: string;
}

/** Stores a user. Fails where the email is taken. */
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

/** A user by id. */
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

/** The users with these ids, in no order. */
export async function findUsers(db: Executor, ids: readonly string[]): Promise<User[]> {
  return (await usersById(db, ids)).map(toUser);
}

/** A user with the hash of the password, by email in lower case. */
export async function findUserByEmail(db: Executor, email: string): Promise<Account | null> {
  const row = await db
    .selectFrom('users')
    .select([...COLUMNS, 'password_hash'])
    .where('email', '=', email)
    .executeTakeFirst();
  return row ? { ...toUser(row), passwordHash: row.password_hash } : null;
}

/** Every user, by email. */
export async function listUsers(db: Executor): Promise<User[]> {
  return (await db.selectFrom('users').select(COLUMNS).orderBy('email').execute()).map(toUser);
}

/** Whether there is any user yet. */
export async function hasUsers(db: Executor): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Replaces the hash of a user's password. */
export async function setPasswordHash(db: Executor, id: string, passwordHash: string): Promise<void> {
  await db.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}

/** Marks a user's address as verified at an instant. */
export async function setEmailVerifiedAt(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('users').set({ email_verified_at: at }).where('id', '=', id).execute();
}

/** Gives a user another, unverified address. Fails where it is taken. */
export async function setEmail(db: Executor, id: string, email: string): Promise<void> {
  await db.updateTable('users').set({ email, email_verified_at: null }).where('id', '=', id).execute();
}

/** Deactivates a user at an instant, or with `null` brings the account back. */
export async function setDeactivatedAt(db: Executor, id: string, at: number | null): Promise<void> {
  await db.updateTable('users').set({ deactivated_at: at }).where('id', '=', id).execute();
}
