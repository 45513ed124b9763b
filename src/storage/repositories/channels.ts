import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Channel } from '../../domain/channel.ts';
import type { AccessContext } from '../../domain/decision.ts';
import type { Page, PageWindow } from '../../domain/paging.ts';
import type { VisibilityFilter } from '../../domain/visibility.ts';
import { POLICY_COLUMNS, policyFromColumns, roleFromRank } from '../codec.ts';
import type { Executor } from '../database.ts';
import { prepareLookup } from '../query/batched-lookup.ts';
import { countRows, fetchPage, hasMoreRows } from '../query/paging.ts';
import { prepareQueryOne } from '../query/prepared.ts';
import { visibleTo } from '../query/visibility.ts';
import type { Tables } from '../tables.ts';
import {
  hasStoredShares,
  isSharedFor,
  sharedOperations,
  splitOperations,
  storedOperation,
} from './channel-shares.ts';

/** The order of every list of channels: oldest first. */
export const CHANNEL_ORDER = { name: 'CREATED_AT', keyType: 'number' } as const;

function toChannel(row: Selectable<Tables['channels']>): Channel {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** How a query for channels takes shares into account. */
export interface ShareOptions {
  /** The instant at which shares must be in effect, in milliseconds; `null` if the caller has none. */
  readonly now: number | null;
  /** The channel that the query selects, so that no other shares are read. */
  readonly channelId?: string | RawBuilder<string>;
}

/** Returns `now` if shares with the caller are stored, otherwise `null`, so that queries leave shares out. */
export async function shareInstant(
  db: Executor,
  { holder }: VisibilityFilter,
  now: number,
): Promise<number | null> {
  return 'userId' in holder && (await hasStoredShares(db, holder.userId)) ? now : null;
}

/** Returns the condition that a row of `channels` is visible to the caller, by membership or by a share in effect. */
export function channelVisibleTo(filter: VisibilityFilter, { now, channelId }: ShareOptions) {
  const byShare = (now: number) => (userId: string) =>
    isSharedFor(filter.operation, 'channels.id', { userId, channelId, now });
  return visibleTo(filter, {
    workspaceId: 'channels.workspace_id',
    entityId: 'channels.id',
    ...(now !== null && { sharedWith: byShare(now) }),
  });
}

function listQuery(db: Executor, filter: VisibilityFilter, workspaceId: string | null, now: number | null) {
  const query = db.selectFrom('channels').where(channelVisibleTo(filter, { now }));
  return workspaceId === null ? query : query.where('channels.workspace_id', '=', workspaceId);
}

/** Stores a channel without messages. */
export async function insertChannel(db: Executor, channel: Channel): Promise<void> {
  await db
    .insertInto('channels')
    .values({
      id: channel.id,
      workspace_id: channel.workspaceId,
      name: channel.name,
      description: channel.description,
      last_sequence: 0,
      created_at: channel.createdAt,
      updated_at: channel.updatedAt,
    })
    .execute();
}

/** Returns a channel by id, without a check of visibility. */
export async function findChannel(db: Executor, id: string): Promise<Channel | null> {
  const row = await db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toChannel(row) : null;
}

/** Returns a channel if it is visible to the caller. */
export async function findChannelWithin(
  db: Executor,
  filter: VisibilityFilter,
  id: string,
  now: number,
): Promise<Channel | null> {
  const shares = { now: await shareInstant(db, filter, now), channelId: id };
  const row = await db
    .selectFrom('channels')
    .selectAll()
    .where('channels.id', '=', id)
    .where(channelVisibleTo(filter, shares))
    .executeTakeFirst();
  return row ? toChannel(row) : null;
}

/** Returns whether a channel is visible to the caller, in one workspace or in any. */
export async function hasChannelWithin(
  db: Executor,
  filter: VisibilityFilter,
  workspaceId: string | null,
  now: number,
): Promise<boolean> {
  const sharesAt = await shareInstant(db, filter, now);
  const query = listQuery(db, filter, workspaceId, sharesAt).select('channels.id').limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Returns a page of the channels visible to the caller, in one workspace or in all, oldest first. */
export async function pageChannels(
  db: Executor,
  filter: VisibilityFilter,
  workspaceId: string | null,
  window: PageWindow,
  now: number,
): Promise<Page<Channel>> {
  const sharesAt = await shareInstant(db, filter, now);
  return fetchPage(listQuery(db, filter, workspaceId, sharesAt).selectAll(), toChannel, window, {
    ...CHANNEL_ORDER,
    key: sql.ref('channels.created_at'),
    id: sql.ref('channels.id'),
    direction: 'asc',
    positionOf: (row) => ({ key: row.created_at, id: row.id }),
  });
}

/** Counts the channels visible to the caller, in one workspace or in all, as `countRows` does. */
export async function countChannels(
  db: Executor,
  filter: VisibilityFilter,
  workspaceId: string | null,
  now: number,
): Promise<number> {
  return countRows(db, listQuery(db, filter, workspaceId, await shareInstant(db, filter, now)));
}

/** Returns whether a workspace has more than `most` channels; reads no more rows than that. */
export async function hasMoreChannels(db: Executor, workspaceId: string, most: number): Promise<boolean> {
  const query = db.selectFrom('channels').select('id').where('workspace_id', '=', workspaceId);
  return hasMoreRows(query.orderBy('created_at'), most);
}

/** Returns the id of a channel's workspace. */
export async function findWorkspaceIdOf(db: Executor, channelId: string): Promise<string | null> {
  const row = await db
    .selectFrom('channels')
    .select('workspace_id')
    .where('id', '=', channelId)
    .executeTakeFirst();
  return row?.workspace_id ?? null;
}

function accessQuery(db: Executor, userId: string, channelId: string, shared: RawBuilder<string | null>) {
  return db
    .selectFrom('channels as c')
    .innerJoin('workspaces as w', 'w.id', 'c.workspace_id')
    .leftJoin('members as m', (join) =>
      join.onRef('m.workspace_id', '=', 'w.id').on('m.user_id', '=', userId),
    )
    .select(['c.workspace_id', 'm.role', shared.as('shared')])
    .select(POLICY_COLUMNS)
    .where('c.id', '=', channelId)
    .where('w.deleted_at', 'is', null);
}

const quickAccess = prepareLookup(['text', 'text'], (db, userId, channelId) =>
  accessQuery(db, userId, channelId, storedOperation(userId, channelId)),
);

const accessWithShares = prepareQueryOne((db: Executor, userId: string, channelId: string, now: number) =>
  accessQuery(db, userId, channelId, sharedOperations(userId, channelId, now)),
);

/** Returns a user's access to a channel through its workspace and its shares; `null` if the channel does not exist. */
export async function findUserChannelAccess(
  db: Executor,
  userId: string,
  channelId: string,
  now: number,
): Promise<AccessContext | null> {
  const quick = await quickAccess(db, userId, channelId);
  // If there are shares, one statement reads everything again, so that the result is of one moment.
  const row = quick?.shared == null ? quick : await accessWithShares(db, userId, channelId, now);
  return row
    ? {
        workspaceId: row.workspace_id,
        role: roleFromRank(row.role),
        shared: splitOperations(row.shared),
        policy: policyFromColumns(row),
      }
    : null;
}

/** Stores a channel's name, description and time of the update. */
export async function updateChannel(db: Executor, channel: Channel): Promise<void> {
  const { name, description, updatedAt } = channel;
  await db
    .updateTable('channels')
    .set({ name, description, updated_at: updatedAt })
    .where('id', '=', channel.id)
    .execute();
}

/** Deletes a channel with its shares and messages. */
export async function deleteChannel(db: Executor, id: string): Promise<void> {
  await db.deleteFrom('channels').where('id', '=', id).execute();
}
