import type { DatabaseHandle } from '../../src/storage/database.ts';

/**
 * Stores people with an identity at `corp` that is in one group each. Their ids, which are also those of their identities, are the
 * numbers from 0, with 12 digits. No role follows from it yet.
 */
export async function insertGroupedPeople(
  { db }: DatabaseHandle,
  count: number,
  groupOf: (id: string) => string,
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, at) => `${at}`.padStart(12, '0'));
  const users = ids.map((id) => ({ id, email: `${id}@example.com`, name: id, created_at: 0 }));
  await db.insertInto('users').values(users).execute();
  const statement = { groups_source: 'claim', groups_at: 0, linked_at: 0 };
  const identities = ids.map((id) => ({ id, user_id: id, provider: 'corp', subject: id, ...statement }));
  await db.insertInto('identities').values(identities).execute();
  const groups = ids.map((id) => ({ identity_id: id, name: groupOf(id) }));
  await db.insertInto('identity_groups').values(groups).execute();
  return ids;
}
