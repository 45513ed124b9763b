import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { createSecretSource } from '../../src/platform/secrets.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';

const ROWS_PER_STATEMENT = 200;

/**
 * Gives a token, by its global id, `count` children that are like it, each with a secret and without a stored snapshot;
 * returns their secrets in the order of their ids. Writes the rows itself, because the calls would take minutes.
 */
export function derive(database: DatabaseHandle, id: string, count: number): Promise<string[]> {
  return insertLike(database, id, count, true);
}

/** Stores `count` tokens that are like a token, with the same issuers, but derive from none; returns their secrets as `derive` does. */
export function repeat(database: DatabaseHandle, id: string, count: number): Promise<string[]> {
  return insertLike(database, id, count, false);
}

async function insertLike(
  { db, transact }: DatabaseHandle,
  id: string,
  count: number,
  isDerived: boolean,
): Promise<string[]> {
  const query = db.selectFrom('tokens').selectAll().where('id', '=', decodeGlobalId('Token', id));
  const model = await query.executeTakeFirstOrThrow();
  const ancestors = await db
    .selectFrom('token_ancestors')
    .select('ancestor_id')
    .where('token_id', '=', model.id)
    .execute();
  const chain = isDerived ? [model.id, ...ancestors.map(({ ancestor_id }) => ancestor_id)] : [];
  const issuers = await db
    .selectFrom('token_issuers')
    .select('issuer_id')
    .where('token_id', '=', model.id)
    .execute();
  const source = createSecretSource('');
  const added = Array.from({ length: count }, () => ({
    id: systemIds(),
    ...source.issue(model.kind as 'PERSONAL'),
  }));
  await transact([{ on: 'everything' }], async (tx) => {
    for (let start = 0; start < count; start += ROWS_PER_STATEMENT) {
      const some = added.slice(start, start + ROWS_PER_STATEMENT);
      const tokens = some.map((token) => ({
        ...model,
        id: token.id,
        identifier: token.id,
        parent_id: isDerived ? model.id : null,
      }));
      await tx.insertInto('tokens').values(tokens).execute();
      const above = some.flatMap((token) =>
        chain.map((ancestor_id) => ({ token_id: token.id, ancestor_id })),
      );
      if (above.length > 0) await tx.insertInto('token_ancestors').values(above).execute();
      const by = some.flatMap((token) => issuers.map(({ issuer_id }) => ({ token_id: token.id, issuer_id })));
      if (by.length > 0) await tx.insertInto('token_issuers').values(by).execute();
      const secrets = some.map((token) => ({ digest: token.digest, token_id: token.id, valid_until: null }));
      await tx.insertInto('token_secrets').values(secrets).execute();
    }
  });
  return added.map(({ secret }) => secret);
}
