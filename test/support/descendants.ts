import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { createSecretSource } from '../../src/platform/secrets.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';

const ROWS_PER_STATEMENT = 200;

/**
 * Gives a token, by its global id, `count` children that are like it, each with a secret and without a stored snapshot;
 * returns their secrets in the order of their ids. Writes the rows itself, because the calls would take minutes.
 */
export async function derive({ db, transact }: DatabaseHandle, id: string, count: number): Promise<string[]> {
  const query = db.selectFrom('tokens').selectAll().where('id', '=', decodeGlobalId('Token', id));
  const parent = await query.executeTakeFirstOrThrow();
  const ancestors = await db
    .selectFrom('token_ancestors')
    .select('ancestor_id')
    .where('token_id', '=', parent.id)
    .execute();
  const chain = [parent.id, ...ancestors.map(({ ancestor_id }) => ancestor_id)];
  const source = createSecretSource('');
  const children = Array.from({ length: count }, () => ({
    id: systemIds(),
    ...source.issue(parent.kind as 'PERSONAL'),
  }));
  await transact([{ on: 'everything' }], async (tx) => {
    for (let start = 0; start < count; start += ROWS_PER_STATEMENT) {
      const some = children.slice(start, start + ROWS_PER_STATEMENT);
      const tokens = some.map((child) => ({
        ...parent,
        id: child.id,
        identifier: child.id,
        parent_id: parent.id,
      }));
      await tx.insertInto('tokens').values(tokens).execute();
      const rows = some.flatMap((child) => chain.map((ancestor_id) => ({ token_id: child.id, ancestor_id })));
      await tx.insertInto('token_ancestors').values(rows).execute();
      const secrets = some.map((child) => ({ digest: child.digest, token_id: child.id, valid_until: null }));
      await tx.insertInto('token_secrets').values(secrets).execute();
    }
  });
  return children.map(({ secret }) => secret);
}
