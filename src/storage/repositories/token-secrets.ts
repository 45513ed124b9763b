import type { Executor } from '../database.ts';
import { write } from '../deferred.ts';
import { prepareQueryByIds } from '../query/prepared.ts';
import { prepareInsert } from '../query/prepared-insert.ts';

const insertRow = prepareInsert('token_secrets');

/** Stores the current secret of a token. */
export async function insertSecret(db: Executor, tokenId: string, digest: string): Promise<void> {
  await insertRow(db, { digest, token_id: tokenId, valid_until: null });
}

/** Returns the digest of the current secret of a token; `null` if the token does not exist. */
export async function findCurrentDigest(db: Executor, tokenId: string): Promise<string | null> {
  const row = await db
    .selectFrom('token_secrets')
    .select('digest')
    .where('token_id', '=', tokenId)
    .where('valid_until', 'is', null)
    .executeTakeFirst();
  return row?.digest ?? null;
}

/** Replaces the secret of a token. With `overlapUntil`, the old one keeps working until that instant. */
export async function replaceSecret(
  db: Executor,
  tokenId: string,
  digest: string,
  overlapUntil: number | null,
): Promise<void> {
  const secrets = db.deleteFrom('token_secrets').where('token_id', '=', tokenId);
  if (overlapUntil === null) {
    await write(db, secrets);
  } else {
    await write(db, secrets.where('valid_until', 'is not', null));
    const current = db.updateTable('token_secrets').set({ valid_until: overlapUntil });
    await write(db, current.where('token_id', '=', tokenId));
  }
  await insertSecret(db, tokenId, digest);
}

/** Deletes the old secret of an overlap, if `newDigest` is still the token's current secret. */
export async function retireOldSecrets(db: Executor, tokenId: string, newDigest: string): Promise<void> {
  await db
    .deleteFrom('token_secrets')
    .where('token_id', '=', tokenId)
    .where('valid_until', 'is not', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('token_secrets as current')
          .select('current.digest')
          .where('current.digest', '=', newDigest)
          .where('current.valid_until', 'is', null),
      ),
    )
    .execute();
}

/** Deletes the old secret of a token, whether its overlap has ended or not; returns whether there was one. */
export async function deleteOldSecrets(db: Executor, tokenId: string): Promise<boolean> {
  const result = await db
    .deleteFrom('token_secrets')
    .where('token_id', '=', tokenId)
    .where('valid_until', 'is not', null)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

const oldSecrets = prepareQueryByIds((db: Executor, tokenIds) =>
  db
    .selectFrom('token_secrets')
    .select(['token_id', 'valid_until'])
    .where('token_id', 'in', [...tokenIds])
    .where('valid_until', 'is not', null),
);

/** Returns when the overlaps of tokens end, by token; omits tokens without an old secret. */
export async function findOverlapEnds(
  db: Executor,
  tokenIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await oldSecrets(db, tokenIds);
  return new Map(rows.map((row) => [row.token_id, row.valid_until as number]));
}
