import { reachOf } from '../domain/authority.ts';
import type { Limits } from '../domain/limits.ts';
import { type Message, serialisePayload } from '../domain/message.ts';
import { type PageArguments, parsePage } from '../domain/paging.ts';
import { type Principal, userIdOf } from '../domain/principal.ts';
import type { Clock } from '../platform/clock.ts';
import type { Executor } from '../storage/database.ts';
import {
  countMessages,
  dropMessages,
  findMessageWithin,
  insertMessage,
  MESSAGE_ORDER,
  pageMessages,
  takePlace,
} from '../storage/messages.ts';
import type { Announcements } from './announcements.ts';
import type { Change } from './changes.ts';
import type { Listing } from './listing.ts';

/** The messages that channels keep. */
export interface MessageService {
  /** Publishes to a channel; the oldest messages make room. Not audited: the message is its own record. Throws `BAD_USER_INPUT`. */
  publish(change: Change, channelId: string, payload: unknown): Promise<Message>;
  /** A message of a channel that the caller may read; `null` where it is absent or not visible. */
  find(principal: Principal, id: string): Promise<Message | null>;
  /** A channel's messages for those who may read it, oldest first. Throws `BAD_USER_INPUT` on bad paging. */
  list(channelId: string, page: PageArguments): Promise<Listing<Message>>;
}

/** Messages over a database. */
export function createMessageService(deps: {
  db: Executor;
  clock: Clock;
  limits: Limits;
  announcements: Announcements;
}): MessageService {
  const { db, clock, limits, announcements } = deps;
  return {
    async publish(change, channelId, payload) {
      const text = serialisePayload(payload, ['input', 'payload']);
      const bytes = Buffer.byteLength(text);
      const place = await takePlace(change.tx, channelId, bytes);
      const message: Message = {
        id: change.newId(),
        channelId,
        sequence: place.sequence,
        payload,
        publishedAt: change.now,
        publisherId: userIdOf(change.principal),
      };
      await insertMessage(change.tx, message, text, place.bytesBefore);
      const newest = { sequence: place.sequence, bytesAfter: place.bytesBefore + bytes };
      await dropMessages(change.tx, channelId, newest, {
        messages: limits.messagesKept,
        bytes: limits.messageBytesKept,
      });
      change.whenStored(() => announcements.emit('message', channelId));
      return message;
    },

    async find(principal, id) {
      const reach = reachOf(principal, 'READ', 'channel');
      return reach && findMessageWithin(db, reach, id, clock());
    },

    async list(channelId, page) {
      return {
        ...(await pageMessages(db, channelId, parsePage(page, MESSAGE_ORDER))),
        totalCount: () => countMessages(db, channelId),
      };
    },
  };
}
