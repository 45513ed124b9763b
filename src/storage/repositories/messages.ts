import { type Selectable, sql } from 'kysely';
import type { Message, MessageHead } from '../../domain/message.ts';
import type { Page, PageWindow } from '../../domain/paging.ts';
import type { VisibilityFilter } from '../../domain/visibility.ts';
import type { Executor } from '../database.ts';
import { countRows, fetchPage } from '../query/paging.ts';
import { prepareQueryOne } from '../query/prepared.ts';
import type { Tables } from '../tables.ts';
import { channelVisibleTo, shareInstant } from './channels.ts';

/** The order of every list of messages: by publication. */
export const MESSAGE_ORDER = { name: 'SEQUENCE', keyType: 'number' } as const;

function toMessage(row: Selectable<Tables['messages']>): Message {
  return {
    id: row.id,
    channelId: row.channel_id,
    sequence: row.sequence,
    payload: JSON.parse(row.payload),
    publishedAt: row.published_at,
    publisherId: row.publisher_id,
  };
}

/** A message with the length of its payload, but without the payload. */
export interface MeasuredMessage extends MessageHead {
  /** The length of the payload as JSON, in bytes. */
  readonly bytes: number;
}

const HEAD = ['messages.id', 'channel_id', 'sequence', 'published_at', 'publisher_id'] as const;
/** The length of the payload, which the database knows without reading the payload. */
const BYTES = sql<number>`octet_length(payload)`.as('bytes');

type HeadRow = Omit<Selectable<Tables['messages']>, 'payload' | 'bytes_before'> & { readonly bytes: number };

function toMeasured(row: HeadRow): MeasuredMessage {
  return {
    id: row.id,
    channelId: row.channel_id,
    sequence: row.sequence,
    publishedAt: row.published_at,
    publisherId: row.publisher_id,
    bytes: row.bytes,
  };
}

function messageQuery(db: Executor, channelId: string) {
  return db.selectFrom('messages').where('channel_id', '=', channelId);
}

/** The position of a message in its channel: its sequence, and the bytes published before it. */
export interface MessagePosition {
  readonly sequence: number;
  readonly bytesBefore: number;
}

/** Reserves the next position in a channel for a message of `bytes`. Throws if the channel does not exist. */
export async function reservePosition(
  db: Executor,
  channelId: string,
  bytes: number,
): Promise<MessagePosition> {
  const row = await db
    .updateTable('channels')
    .set((eb) => ({
      last_sequence: eb('last_sequence', '+', 1),
      bytes_published: eb('bytes_published', '+', bytes),
    }))
    .where('id', '=', channelId)
    .returning(['last_sequence', 'bytes_published'])
    .executeTakeFirstOrThrow();
  return { sequence: row.last_sequence, bytesBefore: row.bytes_published - bytes };
}

/** Stores a message with its payload in JSON. */
export async function insertMessage(
  db: Executor,
  message: Omit<Message, 'payload'>,
  payload: string,
  bytesBefore: number,
): Promise<void> {
  await db
    .insertInto('messages')
    .values({
      id: message.id,
      channel_id: message.channelId,
      sequence: message.sequence,
      payload,
      bytes_before: bytesBefore,
      published_at: message.publishedAt,
      publisher_id: message.publisherId,
    })
    .execute();
}

/** Returns the sequence of the first message at or after a byte of the channel's history. */
async function findSequenceAtByte(db: Executor, channelId: string, byte: number): Promise<number | null> {
  const row = await messageQuery(db, channelId)
    .select('sequence')
    .where('bytes_before', '>=', byte)
    .orderBy('bytes_before')
    .limit(1)
    .executeTakeFirst();
  return row?.sequence ?? null;
}

/** Deletes the oldest messages of a channel, so that at most `limits.messages` with at most `limits.bytes` remain. */
export async function trimMessages(
  db: Executor,
  channelId: string,
  newest: { readonly sequence: number; readonly bytesAfter: number },
  limits: { readonly messages: number; readonly bytes: number },
): Promise<void> {
  const { sequence, bytesAfter } = newest;
  // A channel with fewer bytes in its whole history is within the limit.
  const first =
    bytesAfter > limits.bytes ? await findSequenceAtByte(db, channelId, bytesAfter - limits.bytes) : null;
  await db
    .deleteFrom('messages')
    .where('channel_id', '=', channelId)
    .where('sequence', '<', Math.max(sequence - limits.messages + 1, first ?? 0))
    .execute();
}

/** Returns a page of the messages of a channel, oldest first. */
export async function pageMessages(
  db: Executor,
  channelId: string,
  window: PageWindow,
): Promise<Page<MeasuredMessage>> {
  return fetchPage(messageQuery(db, channelId).select(HEAD).select(BYTES), toMeasured, window, {
    ...MESSAGE_ORDER,
    key: sql.ref('sequence'),
    id: sql.ref('id'),
    direction: 'asc',
    positionOf: (row) => ({ key: row.sequence, id: row.id }),
  });
}

/** Returns the payloads of messages by id, as JSON, without deleted messages. */
export async function findPayloads(db: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'payload'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id, row.payload]));
}

/** Counts the stored messages of a channel, as `countRows` does. */
export async function countMessages(db: Executor, channelId: string): Promise<number> {
  return countRows(db, messageQuery(db, channelId));
}

/** Returns a message if its channel is visible to the caller. */
export async function findMessageWithin(
  db: Executor,
  filter: VisibilityFilter,
  id: string,
  now: number,
): Promise<MeasuredMessage | null> {
  const channelId = sql<string>`(select channel_id from messages where id = ${id})`;
  const shares = { now: await shareInstant(db, filter, now), channelId };
  const row = await db
    .selectFrom('messages')
    .innerJoin('channels', 'channels.id', 'messages.channel_id')
    .select(HEAD)
    .select(BYTES)
    .where(channelVisibleTo(filter, shares))
    .where('messages.id', '=', id)
    .executeTakeFirst();
  return row ? toMeasured(row) : null;
}

const messageAfter = prepareQueryOne((db: Executor, channelId: string, sequence: number) =>
  messageQuery(db, channelId).selectAll().where('sequence', '>', sequence).orderBy('sequence').limit(1),
);

/** Returns the first stored message of a channel after a sequence. */
export async function findMessageAfter(
  db: Executor,
  channelId: string,
  sequence: number,
): Promise<Message | null> {
  const row = await messageAfter(db, channelId, sequence);
  return row ? toMessage(row) : null;
}

/** Returns the sequence of a stored message of a channel. */
export async function findSequence(db: Executor, channelId: string, id: string): Promise<number | null> {
  const row = await messageQuery(db, channelId).select('sequence').where('id', '=', id).executeTakeFirst();
  return row?.sequence ?? null;
}

/** Returns the sequence of a channel's newest message, stored or not; `null` if the channel does not exist. */
export async function findLastSequence(db: Executor, channelId: string): Promise<number | null> {
  const row = await db
    .selectFrom('channels')
    .select('last_sequence')
    .where('id', '=', channelId)
    .executeTakeFirst();
  return row?.last_sequence ?? null;
}
