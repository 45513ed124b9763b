import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ChannelShare } from '../domain/channel.ts';
import { type Operation, operationsFromBits, operationsToBits } from '../domain/scopes.ts';
import type { Executor } from './database.ts';

/** The condition that a column names a channel which is shared with a user for an operation. */
export function isSharedWith(userId: string, operation: Operation, channelId: string): RawBuilder<SqlBool> {
  return sql`${sql.ref(channelId)} in (
    select channel_shares.channel_id from channel_shares
    where channel_shares.user_id = ${userId} and (channel_shares.operations & ${operationsToBits([operation])}) <> 0)`;
}

/** Lets a user do these operations on a channel, in place of what was shared before. */
export async function saveShare(db: Executor, share: ChannelShare): Promise<void> {
  const operations = operationsToBits(share.operations);
  await db
    .insertInto('channel_shares')
    .values({ channel_id: share.channelId, user_id: share.userId, operations })
    .onConflict((conflict) => conflict.columns(['channel_id', 'user_id']).doUpdateSet({ operations }))
    .execute();
}

/** Takes a share back; tells whether there was one. */
export async function deleteShare(db: Executor, channelId: string, userId: string): Promise<boolean> {
  const result = await db
    .deleteFrom('channel_shares')
    .where('channel_id', '=', channelId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Takes back all that was shared with a user in a workspace. */
export async function deleteSharesIn(db: Executor, workspaceId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('channel_shares')
    .where('user_id', '=', userId)
    .where('channel_id', 'in', (eb) =>
      eb.selectFrom('channels').select('id').where('workspace_id', '=', workspaceId),
    )
    .execute();
}

/** The shares of a channel, in the order of their users' ids. */
export async function listShares(db: Executor, channelId: string): Promise<ChannelShare[]> {
  const rows = await db
    .selectFrom('channel_shares')
    .selectAll()
    .where('channel_id', '=', channelId)
    .orderBy('user_id')
    .execute();
  return rows.map((row) => ({
    channelId: row.channel_id,
    userId: row.user_id,
    operations: operationsFromBits(row.operations),
  }));
}

/** The operations that are shared with a user on any channel of a workspace. */
export async function findSharedOperations(
  db: Executor,
  userId: string,
  workspaceId: string,
): Promise<readonly Operation[]> {
  const rows = await db
    .selectFrom('channel_shares as s')
    .innerJoin('channels as c', 'c.id', 's.channel_id')
    .select('s.operations')
    .distinct()
    .where('s.user_id', '=', userId)
    .where('c.workspace_id', '=', workspaceId)
    .execute();
  return operationsFromBits(rows.reduce((bits, row) => bits | row.operations, 0));
}
