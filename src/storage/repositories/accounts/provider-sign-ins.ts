import type { Selectable } from 'kysely';
import type { Intent, ProviderSignIn } from '../../../domain/accounts/identity-provider.ts';
import type { Executor } from '../../database.ts';
import type { Tables } from '../../tables.ts';

function toSignIn(row: Selectable<Tables['provider_sign_ins']>): ProviderSignIn {
  return {
    intent: row.intent as Intent,
    userId: row.user_id,
    returnTo: row.return_to,
    provider: row.provider,
    subject: row.subject,
    email: row.email,
    emailVerified: row.email_verified === null ? null : row.email_verified === 1,
    name: row.name,
    providerSession: row.provider_session,
    authenticatedAt: row.authenticated_at,
    groups: row.groups === null ? null : (JSON.parse(row.groups) as string[]),
    issuedAt: row.issued_at,
  };
}

/** Stores a sign-in at a provider until an instant, under the digest of its state and the secret of its browser. */
export async function insertProviderSignIn(
  db: Executor,
  digest: string,
  signIn: ProviderSignIn,
  expiresAt: number,
): Promise<void> {
  await db
    .insertInto('provider_sign_ins')
    .values({
      digest,
      intent: signIn.intent,
      user_id: signIn.userId,
      return_to: signIn.returnTo,
      provider: signIn.provider,
      subject: signIn.subject,
      email: signIn.email,
      email_verified: signIn.emailVerified === null ? null : Number(signIn.emailVerified),
      name: signIn.name,
      provider_session: signIn.providerSession,
      authenticated_at: signIn.authenticatedAt,
      groups: signIn.groups && JSON.stringify(signIn.groups),
      issued_at: signIn.issuedAt,
      expires_at: expiresAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Returns a sign-in that has not expired. */
export async function findProviderSignIn(
  db: Executor,
  digest: string,
  now: number,
): Promise<ProviderSignIn | null> {
  const row = await db
    .selectFrom('provider_sign_ins')
    .selectAll()
    .where('digest', '=', digest)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ? toSignIn(row) : null;
}

/** Deletes a sign-in; returns whether it existed, which only one of several calls learns. */
export async function deleteProviderSignIn(db: Executor, digest: string): Promise<boolean> {
  const result = await db.deleteFrom('provider_sign_ins').where('digest', '=', digest).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Deletes the sign-ins of a session at a provider; if it is `null`, of a person there. */
export async function deleteProviderSignInsOf(
  db: Executor,
  named: {
    readonly provider: string;
    readonly subject: string | null;
    readonly providerSession: string | null;
  },
): Promise<void> {
  const { provider, subject, providerSession } = named;
  const ofProvider = db.deleteFrom('provider_sign_ins').where('provider', '=', provider);
  const deletion =
    providerSession === null
      ? ofProvider.where('subject', '=', subject ?? '')
      : ofProvider.where('provider_session', '=', providerSession);
  await deletion.execute();
}

/** Deletes up to `most` expired sign-ins; returns the count. */
export async function deleteExpiredProviderSignIns(db: Executor, now: number, most: number): Promise<number> {
  const result = await db
    .deleteFrom('provider_sign_ins')
    .where('digest', 'in', (eb) =>
      eb.selectFrom('provider_sign_ins').select('digest').where('expires_at', '<=', now).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
