import { type RawBuilder, sql } from 'kysely';
import type { ScimFilter } from '../../../domain/scim/filter.ts';
import type { DirectoryUser, UserAttribute } from '../../../domain/scim/user.ts';
import type { Executor } from '../../database.ts';
import type { Condition } from '../../query/granters.ts';
import { scimCondition } from '../../query/scim-filter.ts';

/** A person of a directory with what only the server sees. */
export interface DirectoryAccount extends DirectoryUser {
  /** When the directory made the person inactive. */
  readonly suspendedAt: number | null;
  /** When the directory deleted the person. */
  readonly removedAt: number | null;
}

const COLUMNS: Readonly<Partial<Record<UserAttribute, RawBuilder<string>>>> = {
  id: sql.ref('i.id'),
  externalId: sql.ref('i.subject'),
  userName: sql`lower(u.email)`,
  displayName: sql`lower(u.name)`,
};
const CONDITIONS = { active: sql<boolean>`u.deactivated_at is null` };
const IS_EXACT: readonly UserAttribute[] = ['id', 'externalId'];

function toCondition(filter: ScimFilter<UserAttribute> | null): Condition {
  if (!filter) return sql`1 = 1`;
  return scimCondition(filter, { columns: COLUMNS, isExact: IS_EXACT, conditions: CONDITIONS });
}

function query(db: Executor, provider: string) {
  return db
    .selectFrom('identities as i')
    .innerJoin('users as u', 'u.id', 'i.user_id')
    .where('i.provider', '=', provider)
    .where('u.is_local', '=', 0);
}

function rowsOf(db: Executor, provider: string) {
  return query(db, provider).select([
    'i.id',
    'i.user_id',
    'i.subject',
    'i.linked_at',
    'i.suspended_at',
    'i.removed_at',
    'u.email',
    'u.name',
    'u.deactivated_at',
  ]);
}

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['executeTakeFirstOrThrow']>>;

function toAccount(row: Row): DirectoryAccount {
  return {
    id: row.id,
    userId: row.user_id,
    externalId: row.subject,
    email: row.email,
    name: row.name,
    isActive: row.deactivated_at === null,
    createdAt: row.linked_at,
    suspendedAt: row.suspended_at,
    removedAt: row.removed_at,
  };
}

/** Returns a person of a provider by id, also one that the directory deleted. No directory has a person with a local account. */
export async function findDirectoryAccount(
  db: Executor,
  provider: string,
  id: string,
): Promise<DirectoryAccount | null> {
  const row = await rowsOf(db, provider).where('i.id', '=', id).executeTakeFirst();
  return row ? toAccount(row) : null;
}

/** Returns the people of a provider that match a filter and that the directory has not deleted, in the order of their ids. */
export async function listDirectoryUsers(
  db: Executor,
  provider: string,
  filter: ScimFilter<UserAttribute> | null,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<DirectoryUser[]> {
  const rows = await rowsOf(db, provider)
    .where('i.removed_at', 'is', null)
    .where(toCondition(filter))
    .orderBy('i.id')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(toAccount);
}

/** Counts the people that `listDirectoryUsers` returns without a limit. */
export async function countDirectoryUsers(
  db: Executor,
  provider: string,
  filter: ScimFilter<UserAttribute> | null,
): Promise<number> {
  const { count } = await query(db, provider)
    .where('i.removed_at', 'is', null)
    .where(toCondition(filter))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Stores whether a person is inactive, and whether they are deleted, in the directory. */
export async function setDirectoryState(
  db: Executor,
  id: string,
  { suspendedAt, removedAt }: Pick<DirectoryAccount, 'suspendedAt' | 'removedAt'>,
): Promise<void> {
  const values = { suspended_at: suspendedAt, removed_at: removedAt };
  await db.updateTable('identities').set(values).where('id', '=', id).execute();
}

/** Gives an identity another subject. Throws a unique violation if that is linked. */
export async function setSubject(db: Executor, id: string, subject: string): Promise<void> {
  await db.updateTable('identities').set({ subject }).where('id', '=', id).execute();
}

/** Returns whether a directory made another identity of a user inactive. */
export async function isSuspendedElsewhere(db: Executor, userId: string, exceptId: string): Promise<boolean> {
  const row = await db
    .selectFrom('identities')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', '!=', exceptId)
    .where('suspended_at', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Counts the users that directories deactivated since an instant, and all users. */
export async function countDirectoryDeactivations(
  db: Executor,
  since: number,
): Promise<{ deactivated: number; users: number }> {
  const row = await db
    .selectNoFrom((eb) => [
      eb
        .selectFrom('users')
        .select((each) => each.fn.countAll<number>().as('n'))
        .where('deactivated_at', '>', since)
        .where('deactivated_by', '=', 'DIRECTORY')
        .as('deactivated'),
      eb
        .selectFrom('users')
        .select((each) => each.fn.countAll<number>().as('n'))
        .as('users'),
    ])
    .executeTakeFirstOrThrow();
  return { deactivated: Number(row.deactivated), users: Number(row.users) };
}

/** Returns up to `limit` users that directories deactivated since an instant, the first of them first. */
export async function findDirectoryDeactivations(
  db: Executor,
  since: number,
  limit: number,
): Promise<{ id: string; email: string }[]> {
  return db
    .selectFrom('users')
    .select(['id', 'email'])
    .where('deactivated_at', '>=', since)
    .where('deactivated_by', '=', 'DIRECTORY')
    .orderBy('deactivated_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Makes the identities of a user active and present in their directories. */
export async function clearDirectoryStates(db: Executor, userId: string): Promise<void> {
  await db
    .updateTable('identities')
    .set({ suspended_at: null, removed_at: null })
    .where('user_id', '=', userId)
    .execute();
}
