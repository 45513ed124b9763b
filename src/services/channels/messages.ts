import { setImmediate as nextTurn } from 'node:timers/promises';
import { visibilityFilterFor } from '../../domain/authority.ts';
import type { Limits } from '../../domain/limits.ts';
import { type ListedMessage, type Message, serialisePayload } from '../../domain/message.ts';
import { type Page, type PageArguments, parsePage } from '../../domain/paging.ts';
import { type Principal, userIdOf } from '../../domain/principal.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import {
  countMessages,
  dropMessages,
  findMessageWithin,
  findPayloads,
  insertMessage,
  MESSAGE_ORDER,
  type MeasuredMessage,
  pageMessages,
  takePlace,
} from '../../storage/repositories/messages.ts';
import type { CountedPage } from '../counted-page.ts';
import type { Events } from '../transactions/events.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/**
 * Pays for payloads of so many bytes before they are read; resolves once they may be. Throws if they are too many.
 * Without it, no payload is read.
 */
export type Pay = (bytes: number) => Promise<void> | undefined;

/** Payloads are read in steps of about so many bytes, between which others have their turn. */
const STEP_BYTES = 128 * 1024;

/** Cuts messages into steps of bounded size; one message is a step at least. */
function toSteps(messages: readonly MeasuredMessage[]): string[][] {
  const steps: string[][] = [];
  let bytes = STEP_BYTES;
  for (const message of messages) {
    if (bytes >= STEP_BYTES) {
      steps.push([]);
      bytes = 0;
    }
    steps.at(-1)?.push(message.id);
    bytes += message.bytes;
  }
  return steps;
}

/** The payloads of messages by id, without those that were dropped meanwhile. */
async function readPayloads(
  db: Executor,
  messages: readonly MeasuredMessage[],
  pay: Pay,
): Promise<Map<string, unknown>> {
  const pause = pay(messages.reduce((sum, { bytes }) => sum + bytes, 0));
  if (pause) await pause;
  const payloads = new Map<string, unknown>();
  for (const [place, ids] of toSteps(messages).entries()) {
    if (place > 0) await nextTurn();
    for (const [id, text] of await findPayloads(db, ids)) payloads.set(id, JSON.parse(text));
  }
  return payloads;
}

/** The messages that channels keep. */
export interface MessageService {
  /** Publishes to a channel; the oldest messages make room. Not audited: the message is its own record. Throws `BAD_USER_INPUT`. */
  publish(uow: UnitOfWork, channelId: string, payload: unknown): Promise<Message>;
  /** A message of a channel that the caller may read; `null` where it is absent or not visible. */
  find(principal: Principal, id: string, pay: Pay | null): Promise<ListedMessage | null>;
  /** A channel's messages for those who may read it, oldest first. Throws `BAD_USER_INPUT` on bad paging. */
  list(channelId: string, page: PageArguments, pay: Pay | null): Promise<CountedPage<ListedMessage>>;
}

/** Messages over a database. */
export function createMessageService(deps: {
  db: Executor;
  clock: Clock;
  limits: Limits;
  announcements: Events;
}): MessageService {
  const { db, clock, limits, announcements } = deps;

  type Edges = Page<MeasuredMessage>['edges'];

  async function withPayloads(edges: Edges, pay: Pay): Promise<Page<ListedMessage>['edges']> {
    const payloads = await readPayloads(
      db,
      edges.map(({ node }) => node),
      pay,
    );
    return edges
      .filter(({ node }) => payloads.has(node.id))
      .map(({ cursor, node }) => ({ cursor, node: { ...node, payload: payloads.get(node.id) } }));
  }

  return {
    async publish(uow, channelId, payload) {
      const text = serialisePayload(payload, ['input', 'payload']);
      const bytes = Buffer.byteLength(text);
      const place = await takePlace(uow.tx, channelId, bytes);
      const message: Message = {
        id: uow.newId(),
        channelId,
        sequence: place.sequence,
        payload,
        publishedAt: uow.now,
        publisherId: userIdOf(uow.principal),
      };
      await insertMessage(uow.tx, message, text, place.bytesBefore);
      const newest = { sequence: place.sequence, bytesAfter: place.bytesBefore + bytes };
      await dropMessages(uow.tx, channelId, newest, {
        messages: limits.messagesKept,
        bytes: limits.messageBytesKept,
      });
      uow.afterCommit(() => announcements.emit('message', channelId));
      return message;
    },

    async find(principal, id, pay) {
      const reach = visibilityFilterFor(principal, 'READ', 'channel');
      const message = reach && (await findMessageWithin(db, reach, id, clock()));
      if (!message || !pay) return message;
      const payloads = await readPayloads(db, [message], pay);
      return payloads.has(id) ? { ...message, payload: payloads.get(id) } : null;
    },

    async list(channelId, page, pay) {
      const found = await pageMessages(db, channelId, parsePage(page, MESSAGE_ORDER));
      return {
        ...found,
        edges: pay ? await withPayloads(found.edges, pay) : found.edges,
        totalCount: () => countMessages(db, channelId),
      };
    },
  };
}
