import type { Selectable } from 'kysely';
import type { Identity } from '../../../domain/accounts/identity-provider.ts';
import type { JwtAccount } from '../../../domain/accounts/provider-jwt.ts';
import type { Executor } from '../../database.ts';
import { prepareQueryOne } from '../../query/prepared.ts';
import { verifiedEmailOf } from '../../query/verified-email.ts';
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

const jwtAccount = prepareQueryOne((db: Executor, provider: string, subject: string) =>
  db
    .selectFrom('identities as i')
    .innerJoin('users as u', 'u.id', 'i.user_id')
    .select(['i.id', 'i.user_id', 'i.suspended_at', 'i.removed_at'])
    .select([
      verifiedEmailOf('u').as('verified_email'),
      'u.deactivated_at',
      'u.credentials_not_before',
      'u.signed_in_at',
    ])
    .where('i.provider', '=', provider)
    .where('i.subject', '=', subject),
);

/** Returns the account of a subject at a provider, and when its user last signed in; `null` if there is none. */
export async function findJwtAccount(
  db: Executor,
  { provider, subject }: Pick<Identity, 'provider' | 'subject'>,
): Promise<(JwtAccount & { readonly signedInAt: number | null }) | null> {
  const row = await jwtAccount(db, provider, subject);
  return row
    ? {
        identityId: row.id,
        userId: row.user_id,
        verifiedEmail: row.verified_email,
        isActive: row.deactivated_at === null && row.suspended_at === null && row.removed_at === null,
        credentialsNotBefore: row.credentials_not_before,
        signedInAt: row.signed_in_at,
      }
    : null;
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

/** Returns the identities with which the sessions of one session at a provider were opened. */
export async function listIdentitiesOfProviderSession(
  db: Executor,
  provider: string,
  providerSession: string,
  now: number,
): Promise<Identity[]> {
  const rows = await db
    .selectFrom('identities')
    .selectAll()
    .where('provider', '=', provider)
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sessions')
        .select('identity_id')
        .where('provider_session', '=', providerSession)
        .where('expires_at', '>', now)
        .where('identity_id', 'is not', null)
        .$castTo<{ identity_id: string }>(),
    )
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
