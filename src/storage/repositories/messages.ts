import { type Selectable, sql } from 'kysely';
import type { Message, MessageHead } from '../../domain/message.ts';
import type { Page, PageWindow } from '../../domain/paging.ts';
import type { VisibilityFilter } from '../../domain/visibility.ts';
import type { Executor } from '../database.ts';
import { countRows, fetchPage, mapPage } from '../query/paging.ts';
import { prepareQueryOne } from '../query/prepared.ts';
import type { Tables } from '../tables.ts';
import { channelWithin, sharesJudgedAt } from './channels.ts';

/** The order of every list of messages: as they were published. */
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

/** A message in a list: how long its payload is, and not yet what it says. */
export interface MeasuredMessage extends MessageHead {
  /** Bytes of JSON. */
  readonly bytes: number;
}

const HEAD = ['messages.id', 'channel_id', 'sequence', 'published_at', 'publisher_id'] as const;
/** Read from the header of a row, without the payload itself. */
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

/** Where a message is in its channel: which one it is, and how many bytes were published before it. */
export interface MessagePlace {
  readonly sequence: number;
  readonly bytesBefore: number;
}

/** Takes the next place in a channel for so many bytes, for the transaction that fills it. Throws where there is no such channel. */
export async function takePlace(db: Executor, channelId: string, bytes: number): Promise<MessagePlace> {
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

/** The first message of a channel that begins at or after a byte. */
async function findSequenceAtByte(db: Executor, channelId: string, byte: number): Promise<number | null> {
  const row = await messageQuery(db, channelId)
    .select('sequence')
    .where('bytes_before', '>=', byte)
    .orderBy('bytes_before')
    .limit(1)
    .executeTakeFirst();
  return row?.sequence ?? null;
}

/** Drops the oldest messages of a channel: all but the newest `kept.messages`, and as many more as have to go for `kept.bytes`. */
export async function dropMessages(
  db: Executor,
  channelId: string,
  newest: { readonly sequence: number; readonly bytesAfter: number },
  kept: { readonly messages: number; readonly bytes: number },
): Promise<void> {
  const { sequence, bytesAfter } = newest;
  // A channel in which no more was ever published has nothing to drop for its bytes.
  const first =
    bytesAfter > kept.bytes ? await findSequenceAtByte(db, channelId, bytesAfter - kept.bytes) : null;
  await db
    .deleteFrom('messages')
    .where('channel_id', '=', channelId)
    .where('sequence', '<', Math.max(sequence - kept.messages + 1, first ?? 0))
    .execute();
}

/** One stretch of a channel's messages, oldest first. */
export async function pageMessages(
  db: Executor,
  channelId: string,
  window: PageWindow,
): Promise<Page<MeasuredMessage>> {
  const page = await fetchPage(messageQuery(db, channelId).select(HEAD).select(BYTES), window, {
    ...MESSAGE_ORDER,
    key: sql.ref('sequence'),
    id: sql.ref('id'),
    direction: 'asc',
    positionOf: (row) => ({ key: row.sequence, id: row.id }),
  });
  return mapPage(page, toMeasured);
}

/** The payloads of messages by id, as JSON; what is gone is left out. */
export async function findPayloads(db: Executor, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'payload'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id, row.payload]));
}

/** How many messages a channel keeps; counted as by `countRows`. */
export async function countMessages(db: Executor, channelId: string): Promise<number> {
  return countRows(db, messageQuery(db, channelId));
}

/** A message of a channel within a caller's reach. */
export async function findMessageWithin(
  db: Executor,
  reach: VisibilityFilter,
  id: string,
  now: number,
): Promise<MeasuredMessage | null> {
  const channelId = sql<string>`(select channel_id from messages where id = ${id})`;
  const judgement = { now: await sharesJudgedAt(db, reach, now), channelId };
  const row = await db
    .selectFrom('messages')
    .innerJoin('channels', 'channels.id', 'messages.channel_id')
    .select(HEAD)
    .select(BYTES)
    .where(channelWithin(reach, judgement))
    .where('messages.id', '=', id)
    .executeTakeFirst();
  return row ? toMeasured(row) : null;
}

const messageAfter = prepareQueryOne((db: Executor, channelId: string, sequence: number) =>
  messageQuery(db, channelId).selectAll().where('sequence', '>', sequence).orderBy('sequence').limit(1),
);

/** The first message that a channel keeps after a place. */
export async function findMessageAfter(
  db: Executor,
  channelId: string,
  sequence: number,
): Promise<Message | null> {
  const row = await messageAfter(db, channelId, sequence);
  return row ? toMessage(row) : null;
}

/** The place of a message that a channel keeps. */
export async function findSequence(db: Executor, channelId: string, id: string): Promise<number | null> {
  const row = await messageQuery(db, channelId).select('sequence').where('id', '=', id).executeTakeFirst();
  return row?.sequence ?? null;
}

/** The place of a channel's newest message, kept or not; `null` where there is no such channel. */
export async function findLastSequence(db: Executor, channelId: string): Promise<number | null> {
  const row = await db
    .selectFrom('channels')
    .select('last_sequence')
    .where('id', '=', channelId)
    .executeTakeFirst();
  return row?.last_sequence ?? null;
}
