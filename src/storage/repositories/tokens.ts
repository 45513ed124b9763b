import { sql } from 'kysely';
import { foldCase } from '../../domain/text.ts';
import type { Token } from '../../domain/token.ts';
import type { TokenLimits } from '../../domain/values/limits.ts';
import { roleToRank } from '../codec.ts';
import type { Executor } from '../database.ts';
import { write } from '../deferred.ts';
import { endedAt } from '../query/pending-ends.ts';
import { prepareQueryByIds } from '../query/prepared.ts';
import { prepareInsert } from '../query/prepared-insert.ts';
import { deleteUses } from './credential-uses.ts';
import { limitsToColumns, tokenQuery, toToken } from './token-rows.ts';
import { insertSecret } from './token-secrets.ts';

/** The tokens of a user or of a workspace, a token with its descendants, or the children of a token. */
export type TokenHolder =
  | { readonly ownerId: string }
  | { readonly workspaceId: string }
  | { readonly rootTokenId: string; readonly only: readonly string[] | null }
  | { readonly parentId: string; readonly only: readonly string[] | null };

function searchColumns(token: Pick<Token, 'name' | 'description' | 'identifier'>) {
  return {
    name: token.name,
    name_folded: foldCase(token.name),
    description: token.description,
    search_text: foldCase([token.name, token.description ?? '', token.identifier].join('\n')),
  };
}

const insertTokenRow = prepareInsert('tokens', {
  ends_survived: sql`(select max(e.number) from pending_ends as e)`,
});

/** Stores a token with its first secret and its ancestors. */
export async function insertToken(db: Executor, token: Token, digest: string): Promise<void> {
  await insertTokenRow(db, {
    id: token.id,
    kind: token.kind,
    owner_id: token.ownerId,
    workspace_id: token.workspaceId,
    created_by: token.createdBy,
    parent_id: token.parentId,
    identifier: token.identifier,
    ...searchColumns(token),
    secret_preview: token.secretPreview,
    is_imported: Number(token.isImported),
    access: token.access,
    role: roleToRank(token.role),
    subject: token.subject,
    metadata: token.metadataJson,
    issued_by: token.issuedBy,
    federation_id: token.federationId,
    ...limitsToColumns(token.limits),
    uses_left: token.limits?.uses ?? null,
    created_at: token.createdAt,
    updated_at: token.updatedAt,
    issued_at: token.issuedAt,
    regenerated_at: token.regeneratedAt,
    expires_at: token.expiresAt,
    disabled_at: token.disabledAt,
    revoked_at: token.revokedAt,
  });
  await insertSecret(db, token.id, digest);
  if (token.parentId !== null) {
    const ancestors = db.insertInto('token_ancestors');
    await write(db, ancestors.values({ token_id: token.id, ancestor_id: token.parentId }));
    await write(
      db,
      ancestors.columns(['token_id', 'ancestor_id']).expression((eb) =>
        eb
          .selectFrom('token_ancestors')
          .select([eb.val(token.id).as('token_id'), 'ancestor_id'])
          .where('token_id', '=', token.parentId),
      ),
    );
  }
}

/** Returns a token by id. */
export async function findToken(db: Executor, id: string): Promise<Token | null> {
  const [token] = await findTokens(db, [id]);
  return token ?? null;
}

const tokensById = prepareQueryByIds((db: Executor, ids) =>
  tokenQuery(db).where('tokens.id', 'in', [...ids]),
);

/** Returns the tokens with these ids, in no order. */
export async function findTokens(db: Executor, ids: readonly string[]): Promise<Token[]> {
  return (await tokensById(db, ids)).map(toToken);
}

/** Returns the ids of a token's ancestors. */
export async function findAncestorIds(db: Executor, tokenId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('token_ancestors')
    .select('ancestor_id')
    .where('token_id', '=', tokenId)
    .execute();
  return rows.map((row) => row.ancestor_id);
}

/** Returns those of some ids that are descendants of a token. */
export async function filterDescendants(
  db: Executor,
  ids: readonly string[],
  ancestorId: string,
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('token_ancestors')
    .select('token_id')
    .where('ancestor_id', '=', ancestorId)
    .where('token_id', 'in', [...ids])
    .execute();
  return new Set(rows.map((row) => row.token_id));
}

/** Returns the workspace tokens that a user created and that are not revoked, in one workspace or in all, oldest first. */
export async function findTokensCreatedBy(
  db: Executor,
  userId: string,
  workspaceId: string | null,
): Promise<Token[]> {
  let query = tokenQuery(db)
    .where('tokens.created_by', '=', userId)
    .where('tokens.kind', '=', 'WORKSPACE')
    .where('tokens.revoked_at', 'is', null)
    .where(sql<boolean>`(${endedAt()}) is null`);
  if (workspaceId !== null) query = query.where('tokens.workspace_id', '=', workspaceId);
  return (await query.orderBy('tokens.created_at').orderBy('tokens.id').execute()).map(toToken);
}

/** Returns up to `most` tokens of federations that had expired at an instant, the first to expire first. */
export async function findExpiredFederated(
  db: Executor,
  before: number,
  most: number,
): Promise<{ id: string; workspaceId: string }[]> {
  const rows = await db
    .selectFrom('tokens')
    .select(['id', 'workspace_id'])
    .where('federation_id', 'is not', null)
    .where('expires_at', '<=', before)
    .orderBy('expires_at')
    .limit(most)
    .execute();
  return rows.map((row) => ({ id: row.id, workspaceId: row.workspace_id ?? '' }));
}

/** The changes of an update. A property that is absent stays. */
export type TokenChanges = Partial<
  Pick<
    Token,
    | 'name'
    | 'description'
    | 'access'
    | 'role'
    | 'subject'
    | 'metadataJson'
    | 'secretPreview'
    | 'isImported'
    | 'issuedAt'
    | 'regeneratedAt'
    | 'expiresAt'
    | 'disabledAt'
    | 'revokedAt'
  >
>;

/** Updates a token from its current row; returns the row after the update. */
export async function updateToken(
  db: Executor,
  token: Token,
  changes: TokenChanges,
  updatedAt: number,
): Promise<Token> {
  const next = { ...token, ...changes, updatedAt } as Token;
  await write(
    db,
    db
      .updateTable('tokens')
      .set({
        ...searchColumns(next),
        access: next.access,
        role: roleToRank(next.role),
        subject: next.subject,
        metadata: next.metadataJson,
        secret_preview: next.secretPreview,
        is_imported: Number(next.isImported),
        issued_at: next.issuedAt,
        regenerated_at: next.regeneratedAt,
        disabled_at: next.disabledAt,
        updated_at: updatedAt,
        // The row before can have these from an ancestor.
        ...('expiresAt' in changes && { expires_at: next.expiresAt }),
        ...('revokedAt' in changes && { revoked_at: next.revokedAt }),
      })
      .where('id', '=', token.id),
  );
  return next;
}

/**
 * Sets the limits of a token. All its uses are left again or, with `keepUsed`, no more than are left when the row is written:
 * uses are taken without the locks of a change.
 */
export async function setLimits(
  db: Executor,
  tokenId: string,
  limits: TokenLimits | null,
  { keepUsed }: { readonly keepUsed: boolean },
): Promise<void> {
  const { uses, ...columns } = limitsToColumns(limits);
  const update = db.updateTable('tokens').set((eb) => ({
    ...columns,
    uses,
    uses_left: keepUsed
      ? eb.case().when('uses_left', '<', uses).then(eb.ref('uses_left')).else(uses).end()
      : uses,
  }));
  await write(db, update.where('id', '=', tokenId));
}

/** Deletes tokens with their secrets and scopes. Their descendants are refused from then on, but remain. */
export async function deleteTokens(db: Executor, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await deleteUses(db, ids);
  await write(db, db.deleteFrom('tokens').where('id', 'in', [...ids]));
}

/** Revokes tokens that are not revoked, from an instant on. */
export async function revokeTokens(
  db: Executor,
  ids: readonly string[],
  revokedAt: number,
  updatedAt: number,
): Promise<void> {
  const update = db.updateTable('tokens').set({ revoked_at: revokedAt, updated_at: updatedAt });
  await write(db, update.where('id', 'in', [...ids]).where('revoked_at', 'is', null));
}

/** Limits the expiry of tokens to `expiresAt`. */
export async function limitExpiry(db: Executor, ids: readonly string[], expiresAt: number): Promise<void> {
  if (ids.length === 0) return;
  await write(
    db,
    db
      .updateTable('tokens')
      .set({ expires_at: expiresAt })
      .where('id', 'in', [...ids])
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', expiresAt)])),
  );
}
