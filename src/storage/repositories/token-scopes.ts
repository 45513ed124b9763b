import type { TokenScope } from '../../domain/scopes.ts';
import { operationsFromText, operationsToText } from '../codec.ts';
import type { Executor } from '../database.ts';
import { write } from '../deferred.ts';
import { prepareQueryByIds } from '../query/prepared.ts';

interface ScopeRow {
  id: string;
  entity_type: string;
  entity_id: string | null;
  workspace_id: string | null;
  operations: string;
}

/** Returns the scope of a row. */
export function toScope(row: ScopeRow): TokenScope {
  return {
    id: row.id,
    entityType: row.entity_type,
    entityId: row.entity_id,
    workspaceId: row.workspace_id,
    operations: operationsFromText(row.operations),
  };
}

/** Adds scopes to a token. */
export async function insertScopes(
  db: Executor,
  tokenId: string,
  scopes: readonly TokenScope[],
): Promise<void> {
  if (scopes.length === 0) return;
  await write(
    db,
    db.insertInto('token_scopes').values(
      scopes.map((scope) => ({
        id: scope.id,
        token_id: tokenId,
        entity_type: scope.entityType,
        entity_id: scope.entityId,
        workspace_id: scope.workspaceId,
        operations: operationsToText(scope.operations),
      })),
    ),
  );
}

const scopesByToken = prepareQueryByIds((db: Executor, tokenIds) =>
  db
    .selectFrom('token_scopes')
    .selectAll()
    .where('token_id', 'in', [...tokenIds])
    .orderBy('id'),
);

/** Returns the scopes of tokens by token, in the order in which they were added. */
export async function findScopes(
  db: Executor,
  tokenIds: readonly string[],
): Promise<Map<string, TokenScope[]>> {
  const byToken = new Map<string, TokenScope[]>(tokenIds.map((id) => [id, []]));
  for (const row of await scopesByToken(db, tokenIds)) byToken.get(row.token_id)?.push(toScope(row));
  return byToken;
}

/** Deletes scopes of a token, those with these ids or all of them; returns the count. */
export async function deleteScopes(db: Executor, tokenId: string, ids?: readonly string[]): Promise<number> {
  if (ids?.length === 0) return 0;
  let query = db.deleteFrom('token_scopes').where('token_id', '=', tokenId);
  if (ids) query = query.where('id', 'in', [...ids]);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
