import { sql } from 'kysely';
import type { Executor } from '../database.ts';
import { write } from '../deferred.ts';
import { prepareQuery, prepareQueryByIds, prepareQueryOne } from '../query/prepared.ts';
import { prepareInsert } from '../query/prepared-insert.ts';

const insertRow = prepareInsert('token_secrets');

/** Stores the current secret of a token. */
export async function insertSecret(db: Executor, tokenId: string, digest: string): Promise<void> {
  await insertRow(db, { digest, token_id: tokenId, valid_until: null });
}

const secretsByDigest = prepareQueryByIds((db: Executor, digests) =>
  db
    .selectFrom('token_secrets')
    .select('digest')
    .where('digest', 'in', [...digests]),
);

/** Returns those of some digests that are stored for any token. */
export async function filterKnownDigests(db: Executor, digests: readonly string[]): Promise<Set<string>> {
  return new Set((await secretsByDigest(db, digests)).map((row) => row.digest));
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

/** A digest that was imported. It is never forgotten, so that no later import restores a secret that has ended. */
export interface ImportedSecret {
  readonly digest: string;
  /** Imports are numbered in the order of their commits, from 1. */
  readonly sequence: number;
  /** The user or workspace that it was imported for, which may be deleted. */
  readonly holderId: string;
}

const insertImport = prepareInsert('imported_secrets');

/** Records an imported digest. The transaction excludes other imports. */
export async function insertImportedSecret(db: Executor, secret: ImportedSecret): Promise<void> {
  const { digest, sequence, holderId } = secret;
  await insertImport(db, { digest, sequence, holder_id: holderId });
}

const lastSequence = prepareQueryOne((db: Executor) =>
  db.selectFrom('imported_secrets').select('sequence').orderBy('sequence', 'desc').limit(1),
);

/** Returns the number of the latest import; 0 if nothing was imported. */
export async function findLastImport(db: Executor): Promise<number> {
  return (await lastSequence(db))?.sequence ?? 0;
}

/** How many digests one read returns. */
const PAGE_ROWS = 10_000;

const importsAfter = prepareQuery((db: Executor, sequence: number) =>
  db
    .selectFrom('imported_secrets')
    .select(['digest', 'sequence'])
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(PAGE_ROWS),
);

/** Returns the next page of imported digests after a number, in the order of their imports; an empty one at the end. */
export async function findImportsAfter(
  db: Executor,
  sequence: number,
): Promise<Pick<ImportedSecret, 'digest' | 'sequence'>[]> {
  return importsAfter(db, sequence);
}

const importsByDigest = prepareQueryByIds((db: Executor, digests) =>
  db
    .selectFrom('imported_secrets')
    .select(['digest', 'holder_id'])
    .where('digest', 'in', [...digests]),
);

/** Returns the holders that some digests were imported for, by digest; omits digests that were not imported. */
export async function findImportHolders(
  db: Executor,
  digests: readonly string[],
): Promise<Map<string, string>> {
  const rows = await importsByDigest(db, digests);
  return new Map(rows.map((row) => [row.digest, row.holder_id]));
}

/** Counts the tokens whose current secret was imported, and is neither revoked nor expired. */
export async function countImportedTokens(db: Executor, now: number): Promise<number> {
  const { amount } = await db
    .selectFrom('tokens')
    .select((eb) => eb.fn.countAll<number>().as('amount'))
    .where('is_imported', '=', sql.lit(1))
    .where('revoked_at', 'is', null)
    // SQLite would look up the row of every token for an `or`. This reads the index of imported tokens alone.
    .where((eb) => eb(eb.fn.coalesce('expires_at', eb.val(Number.MAX_SAFE_INTEGER)), '>', now))
    .executeTakeFirstOrThrow();
  return Number(amount);
}
