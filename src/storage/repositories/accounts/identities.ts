import type { Selectable } from 'kysely';
import type { Identity } from '../../../domain/accounts/identity-provider.ts';
import type { Executor } from '../../database.ts';
import type { Tables } from '../../tables.ts';

function toIdentity(row: Selectable<Tables['identities']>): Identity {
  return {
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    subject: row.subject,
    linkedAt: row.linked_at,
    lastUsedAt: row.last_used_at,
  };
}

/** Stores an identity. Throws a unique violation if a user has it already. */
export async function insertIdentity(db: Executor, identity: Identity): Promise<void> {
  await db
    .insertInto('identities')
    .values({
      id: identity.id,
      user_id: identity.userId,
      provider: identity.provider,
      subject: identity.subject,
      linked_at: identity.linkedAt,
      last_used_at: identity.lastUsedAt,
    })
    .execute();
}

/** Returns the identity of a subject at a provider. */
export async function findIdentity(
  db: Executor,
  { provider, subject }: Pick<Identity, 'provider' | 'subject'>,
): Promise<Identity | null> {
  const row = await db
    .selectFrom('identities')
    .selectAll()
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row ? toIdentity(row) : null;
}

/** Returns a user's identities, oldest first. */
export async function listIdentities(db: Executor, userId: string): Promise<Identity[]> {
  const rows = await db
    .selectFrom('identities')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('linked_at')
    .orderBy('id')
    .execute();
  return rows.map(toIdentity);
}

/** Stores when an identity was last used to sign in. */
export async function setIdentityUsed(db: Executor, id: string, at: number): Promise<void> {
  await db.updateTable('identities').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** Deletes an identity. */
export async function deleteIdentity(db: Executor, id: string): Promise<void> {
  await db.deleteFrom('identities').where('id', '=', id).execute();
}
