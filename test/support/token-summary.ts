import { sql } from 'kysely';
import { statusOf, type TokenStatus, type TokenSummary } from '../../src/domain/token.ts';
import type { Executor } from '../../src/storage/database.ts';
import { ownerColumn, type TokenOwner } from '../../src/storage/query/few-tokens.ts';
import { findTokens } from '../../src/storage/repositories/tokens.ts';

const WEEK = 7 * 86_400_000;

/** Counts the tokens of a user or workspace one by one. */
export async function countOneByOne(db: Executor, owner: TokenOwner, now: number): Promise<TokenSummary> {
  const [column, id] = ownerColumn(owner);
  const rows = await db.selectFrom('tokens').select('tokens.id').where(column, '=', id).execute();
  const tokens = await findTokens(
    db,
    rows.map((row) => row.id),
  );
  const of = (status: TokenStatus) => tokens.filter((token) => statusOf(token, now) === status);
  const isSoon = ({ expiresAt }: { readonly expiresAt: number | null }) =>
    expiresAt !== null && expiresAt <= now + WEEK;
  return {
    total: tokens.length,
    active: of('ACTIVE').length,
    disabled: of('DISABLED').length,
    expired: of('EXPIRED').length,
    revoked: of('REVOKED').length,
    usedUp: of('USED_UP').length,
    expiringSoon: of('ACTIVE').filter(isSoon).length,
  };
}

/** What `token_counts` must have: each token by the state of its own row and by the periods in which it expires. */
const COUNTED = `select holder_id, state, period, count(*) as amount from (
  select coalesce(owner_id, workspace_id) as holder_id, case when revoked_at is not null then 'REVOKED'
    when disabled_at is not null then 'DISABLED' else 'LIVE' end as state, 0 as period from tokens
  union all select coalesce(owner_id, workspace_id), 'DERIVED', 0 from tokens where parent_id is not null
  union all select coalesce(owner_id, workspace_id), 'FEDERATED', 0 from tokens where federation_id is not null
  union all select coalesce(owner_id, workspace_id), 'EXPIRING_2H', expires_at / 7200000 from tokens
    where revoked_at is null and disabled_at is null and expires_at is not null
  union all select coalesce(owner_id, workspace_id), 'EXPIRING_5D', expires_at / 432000000 from tokens
    where revoked_at is null and disabled_at is null and expires_at is not null
) as counted group by holder_id, state, period`;
const STORED = 'select holder_id, state, period, amount from token_counts';

/** Returns the rows that `token_counts` lacks, and those that it must not have. */
export async function wrongCounts(db: Executor): Promise<unknown[]> {
  const text = `select 'lacks' as fault, lacking.* from (${COUNTED} except ${STORED}) as lacking
    union all select 'has' as fault, excess.* from (${STORED} except ${COUNTED}) as excess`;
  return (await sql.raw(text).execute(db)).rows;
}
