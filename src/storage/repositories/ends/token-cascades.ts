import type { AuditActor } from '../../../domain/audit.ts';
import type { Token } from '../../../domain/token.ts';
import type { Executor } from '../../database.ts';
import { write } from '../../deferred.ts';
import { tokenQuery, toToken } from '../token-rows.ts';
import { type EndHolder, toHolder, toHolderColumns } from './holder.ts';

/** The end of a token, or its earlier expiry, that has yet to be stored in the rows of some descendants or members. */
export interface Cascade {
  readonly tokenId: string;
  /** The user or workspace that the token and its descendants belong to. */
  readonly holder: EndHolder;
  /** When the token ended, in milliseconds. */
  readonly at: number;
  /** The descendants with ids up to this one are done; empty for none. */
  readonly afterId: string;
  /** Whether the shares and invitations that the descendants gave are deleted too. */
  readonly deletesGrants: boolean;
  /** Whether some members still have roles that the token and its descendants gave and that are taken back. */
  readonly takesBack: boolean;
  /** The caller that ended the token. */
  readonly actor: AuditActor;
  /** What the audit event of each descendant contains. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Stores a cascade. It replaces an unfinished one of the token, but what that one deletes or takes back still is. */
export async function insertCascade(db: Executor, cascade: Omit<Cascade, 'afterId'>): Promise<void> {
  const row = {
    ...toHolderColumns(cascade.holder),
    at: cascade.at,
    after_id: '',
    actor: JSON.stringify(cascade.actor),
    detail: JSON.stringify(cascade.detail),
  };
  const insert = db.insertInto('pending_cascades').values({
    ...{ token_id: cascade.tokenId, ...row },
    deletes_grants: Number(cascade.deletesGrants),
    takes_back: Number(cascade.takesBack),
  });
  const kept = {
    ...(cascade.deletesGrants && { deletes_grants: 1 }),
    ...(cascade.takesBack && { takes_back: 1 }),
  };
  await insert
    .onConflict((conflict) => conflict.column('token_id').doUpdateSet({ ...row, ...kept }))
    .execute();
}

/** Returns the cascade of a token or the oldest one, without those of the tokens in `except`. */
export async function findCascade(
  db: Executor,
  { tokenId, except = [] }: { readonly tokenId?: string; readonly except?: readonly string[] },
): Promise<Cascade | null> {
  let query = db.selectFrom('pending_cascades').selectAll();
  if (tokenId !== undefined) query = query.where('token_id', '=', tokenId);
  if (except.length > 0) query = query.where('token_id', 'not in', [...except]);
  const row = await query.orderBy('at').orderBy('token_id').limit(1).executeTakeFirst();
  if (!row) return null;
  return {
    tokenId: row.token_id,
    holder: toHolder(row),
    at: row.at,
    afterId: row.after_id,
    deletesGrants: row.deletes_grants === 1,
    takesBack: row.takes_back === 1,
    actor: JSON.parse(row.actor),
    detail: JSON.parse(row.detail),
  };
}

/** Counts the pending cascades. */
export async function countCascades(db: Executor): Promise<number> {
  const count = db.selectFrom('pending_cascades').select((eb) => eb.fn.countAll<number>().as('count'));
  return Number((await count.executeTakeFirstOrThrow()).count);
}

/** Records that the members are done, and the descendants with ids up to `afterId`. */
export async function advanceCascade(db: Executor, tokenId: string, afterId: string): Promise<void> {
  const update = db.updateTable('pending_cascades').set({ after_id: afterId, takes_back: 0 });
  await write(db, update.where('token_id', '=', tokenId));
}

/** Deletes a cascade, because every descendant is done. */
export async function deleteCascade(db: Executor, tokenId: string): Promise<void> {
  await write(db, db.deleteFrom('pending_cascades').where('token_id', '=', tokenId));
}

/** Returns descendants of a token with ids after `afterId`, in the order of their ids, at most `most` of them. */
export async function findDescendants(
  db: Executor,
  tokenId: string,
  afterId: string,
  most: number,
): Promise<Token[]> {
  const rows = await tokenQuery(db)
    .innerJoin('token_ancestors as down', 'down.token_id', 'tokens.id')
    .where('down.ancestor_id', '=', tokenId)
    .where('down.token_id', '>', afterId)
    .orderBy('down.token_id')
    .limit(most)
    .execute();
  // Their own rows say what is left to do, and not the rows of their ancestors.
  return rows.map((row) => ({ ...toToken(row), revokedAt: row.revoked_at }));
}
