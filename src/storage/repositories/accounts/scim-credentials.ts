import type { Executor } from '../../database.ts';

/** A credential with which a directory calls the SCIM endpoints. */
export interface ScimCredential {
  readonly id: string;
  /** The id of the provider. */
  readonly provider: string;
  /** When the old credential of an overlap ends; `null` for the current one. */
  readonly validUntil: number | null;
}

/** Stores a current credential under the digest of its secret. Throws a unique violation if the provider has one. */
export async function insertScimCredential(
  db: Executor,
  credential: Pick<ScimCredential, 'id' | 'provider'> & { digest: string; createdAt: number },
): Promise<void> {
  const { id, provider, digest, createdAt } = credential;
  await db
    .insertInto('scim_credentials')
    .values({ id, provider, digest, created_at: createdAt, valid_until: null })
    .execute();
}

/** Returns the credential of a digest that is valid at an instant. */
export async function findScimCredential(
  db: Executor,
  digest: string,
  now: number,
): Promise<ScimCredential | null> {
  const row = await db
    .selectFrom('scim_credentials')
    .select(['id', 'provider', 'valid_until'])
    .where('digest', '=', digest)
    .where((eb) => eb.or([eb('valid_until', 'is', null), eb('valid_until', '>', now)]))
    .executeTakeFirst();
  return row ? { id: row.id, provider: row.provider, validUntil: row.valid_until } : null;
}

/** Returns whether a provider has a current credential. */
export async function hasScimCredential(db: Executor, provider: string): Promise<boolean> {
  const row = await db
    .selectFrom('scim_credentials')
    .select('id')
    .where('provider', '=', provider)
    .where('valid_until', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends the current credential of a provider at an instant, and its older ones now; returns whether it had a current one. */
export async function retireScimCredential(db: Executor, provider: string, at: number): Promise<boolean> {
  const ofProvider = db.deleteFrom('scim_credentials').where('provider', '=', provider);
  await ofProvider.where('valid_until', 'is not', null).execute();
  const result = await db
    .updateTable('scim_credentials')
    .set({ valid_until: at })
    .where('provider', '=', provider)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Deletes the credentials of a provider; returns the count. */
export async function deleteScimCredentials(db: Executor, provider: string): Promise<number> {
  const result = await db.deleteFrom('scim_credentials').where('provider', '=', provider).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Deletes every credential. */
export async function deleteAllScimCredentials(db: Executor): Promise<void> {
  await db.deleteFrom('scim_credentials').execute();
}

/** Deletes the credentials of digests; returns their providers. */
export async function deleteScimCredentialsByDigests(
  db: Executor,
  digests: readonly string[],
): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .deleteFrom('scim_credentials')
    .where('digest', 'in', [...digests])
    .returning('provider')
    .execute();
  return rows.map(({ provider }) => provider);
}

/** Returns the providers of the credentials of digests. */
export async function findScimProvidersByDigests(
  db: Executor,
  digests: readonly string[],
): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('scim_credentials')
    .select('provider')
    .where('digest', 'in', [...digests])
    .execute();
  return rows.map(({ provider }) => provider);
}
