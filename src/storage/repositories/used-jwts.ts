import type { Executor } from '../database.ts';

/**
 * Stores the digest of a JSON Web Token that counts once, until an instant; returns whether it is new, which one of several calls
 * learns.
 */
export async function spendJwt(db: Executor, digest: string, expiresAt: number): Promise<boolean> {
  const row = await db
    .insertInto('used_jwts')
    .values({ digest, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('digest')
    .executeTakeFirst();
  return row !== undefined;
}

/** Deletes up to `most` expired digests; returns the count. */
export async function deleteExpiredJwts(db: Executor, now: number, most: number): Promise<number> {
  const result = await db
    .deleteFrom('used_jwts')
    .where('digest', 'in', (eb) =>
      eb.selectFrom('used_jwts').select('digest').where('expires_at', '<=', now).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
