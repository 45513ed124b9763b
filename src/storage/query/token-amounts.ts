import { sql } from 'kysely';
import type { Executor } from '../database.ts';
import { ownerIdOf, type TokenOwner } from './few-tokens.ts';
import { prepareQuery } from './prepared.ts';

/** The numbers of tokens by their own rows, and the number of the last end of all tokens that deletes them and is pending. */
const amountsOf = prepareQuery((db: Executor, ownerId: string) => {
  const amounts = sql<{ state: string; amount: number | null }>`
    select state, amount from token_counts
      where holder_id = ${ownerId} and state in ('LIVE', 'DISABLED', 'REVOKED', 'FEDERATED') and period = 0
    union all select 'DELETION', max(number) from pending_ends
      where deletes = 1 and (user_id = ${ownerId} or workspace_id = ${ownerId})`;
  return { compile: () => amounts.compile(db) };
});

/** Selects the tokens that were created after an end of all tokens of a user or workspace, as their `ends_survived` says. */
export const survivorsOf = (db: Executor, ownerId: string, end: number) =>
  db
    .selectFrom('tokens')
    .select('tokens.id')
    .where('tokens.ends_survived', '>=', end)
    // They are found by the end: they are few.
    .where(sql<string>`coalesce(tokens.owner_id, tokens.workspace_id)`, '=', ownerId);

const survivors = prepareQuery((db: Executor, ownerId: string, end: number) => survivorsOf(db, ownerId, end));

async function findAmounts(db: Executor, ownerId: string) {
  const rows = await amountsOf(db, ownerId);
  const of = (name: string) => Number(rows.find(({ state }) => state === name)?.amount ?? 0);
  return {
    total: of('LIVE') + of('DISABLED') + of('REVOKED'),
    federated: of('FEDERATED'),
    deletion: of('DELETION'),
  };
}

/** Returns how many tokens a user or workspace has in any status, those included that are about to be deleted. */
export async function countAllTokens(db: Executor, owner: TokenOwner): Promise<number> {
  return (await findAmounts(db, ownerIdOf(owner))).total;
}

/** Returns how many tokens a user or workspace has that are not about to be deleted. */
export async function countKeptTokens(db: Executor, owner: TokenOwner): Promise<number> {
  const { total, deletion } = await findAmounts(db, ownerIdOf(owner));
  return deletion === 0 ? total : (await survivors(db, ownerIdOf(owner), deletion)).length;
}

const unexpiredFederated = prepareQuery((db: Executor, workspaceId: string, now: number, most: number) =>
  db
    .selectFrom('tokens')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('federation_id', 'is not', null)
    .where('expires_at', '>', now)
    .limit(most),
);

/**
 * Returns whether a user or a workspace has at least `count` tokens. Tokens of federations count until they expire. Reads no
 * more rows than `count`, and none of the other tokens.
 */
export async function hasTokens(
  db: Executor,
  owner: TokenOwner,
  count: number,
  now: number,
): Promise<boolean> {
  const { total, federated, deletion } = await findAmounts(db, ownerIdOf(owner));
  if (deletion > 0) return (await survivors(db, ownerIdOf(owner), deletion)).length >= count;
  const left = count - (total - federated);
  if (left <= 0 || federated < left || !('workspaceId' in owner)) return left <= 0;
  return (await unexpiredFederated(db, owner.workspaceId, now, left)).length >= left;
}
