import type { Limits } from '../../domain/limits.ts';
import { type ListedMessage, type Message, serialisePayload } from '../../domain/message.ts';
import { type Page, type PageArguments, parsePage } from '../../domain/paging.ts';
import { type Principal, userIdOf } from '../../domain/principal.ts';
import { visibilityFilterFor } from '../../domain/visibility.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import {
  countMessages,
  findMessageWithin,
  findPayloads,
  insertMessage,
  MESSAGE_ORDER,
  type MeasuredMessage,
  pageMessages,
  reservePosition,
  trimMessages,
} from '../../storage/repositories/messages.ts';
import type { CountedPage } from '../counted-page.ts';
import type { Events } from '../transactions/events.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** Limits the reading of payloads by their size in bytes. */
export interface PayloadBudget {
  /** Takes the bytes of a page from the budget before it is read. Throws `LIMIT_REACHED` if they exceed it. */
  take(bytes: number): Promise<void> | undefined;
  /** Resolves when the next step of the page can be read, after other requests have run. */
  pace(bytes: number): Promise<void> | undefined;
}

/** The size of a step in bytes. Payloads are read and parsed in steps so that other requests can run in between. */
const STEP_BYTES = 64 * 1024;

interface Step {
  readonly ids: string[];
  bytes: number;
}

/** Returns messages in steps of at most `STEP_BYTES`. A larger message is a step of its own. */
function toSteps(messages: readonly MeasuredMessage[]): Step[] {
  const steps: Step[] = [];
  for (const { id, bytes } of messages) {
    const last = steps.at(-1);
    if (last && last.bytes + bytes <= STEP_BYTES) {
      last.ids.push(id);
      last.bytes += bytes;
    } else {
      steps.push({ ids: [id], bytes });
    }
  }
  return steps;
}

/** Returns the payloads of messages by message id. Omits messages that have been dropped in the meantime. */
async function readPayloads(
  db: Executor,
  messages: readonly MeasuredMessage[],
  budget: PayloadBudget,
): Promise<Map<string, unknown>> {
  const pause = budget.take(messages.reduce((sum, { bytes }) => sum + bytes, 0));
  if (pause) await pause;
  const payloads = new Map<string, unknown>();
  for (const { ids, bytes } of toSteps(messages)) {
    const turn = budget.pace(bytes);
    if (turn) await turn;
    for (const [id, text] of await findPayloads(db, ids)) payloads.set(id, JSON.parse(text));
  }
  return payloads;
}

/** Publishes and reads the messages of channels. */
export interface MessageService {
  /**
   * Publishes a message and drops the oldest messages beyond the limits. Writes no audit event. Throws
   * `BAD_USER_INPUT`.
   */
  publish(uow: UnitOfWork, channelId: string, payload: unknown): Promise<Message>;
  /**
   * Returns a message of a channel that the caller is allowed to read; `null` if it does not exist or is not visible.
   */
  find(principal: Principal, id: string, budget: PayloadBudget | null): Promise<ListedMessage | null>;
  /**
   * Returns the messages of a channel that the caller is allowed to read, oldest first. Throws `BAD_USER_INPUT` on bad
   * paging.
   */
  list(
    channelId: string,
    page: PageArguments,
    budget: PayloadBudget | null,
  ): Promise<CountedPage<ListedMessage>>;
}

/** Returns the message service. */
export function createMessageService(deps: {
  db: Executor;
  clock: Clock;
  limits: Limits;
  events: Events;
}): MessageService {
  const { db, clock, limits, events } = deps;

  type Edges = Page<MeasuredMessage>['edges'];

  async function withPayloads(edges: Edges, budget: PayloadBudget): Promise<Page<ListedMessage>['edges']> {
    const payloads = await readPayloads(
      db,
      edges.map(({ node }) => node),
      budget,
    );
    return edges
      .filter(({ node }) => payloads.has(node.id))
      .map((edge) => edge.withNode({ ...edge.node, payload: payloads.get(edge.node.id) }));
  }

  return {
    async publish(uow, channelId, payload) {
      const text = serialisePayload(payload, ['input', 'payload']);
      const bytes = Buffer.byteLength(text);
      const place = await reservePosition(uow.tx, channelId, bytes);
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
      await trimMessages(uow.tx, channelId, newest, {
        messages: limits.messagesKept,
        bytes: limits.messageBytesKept,
      });
      uow.afterCommit(() => events.emit('message', channelId));
      return message;
    },

    async find(principal, id, budget) {
      const filter = visibilityFilterFor(principal, 'READ', 'channel', clock());
      const message = filter && (await findMessageWithin(db, filter, id, clock()));
      if (!message || !budget) return message;
      const payloads = await readPayloads(db, [message], budget);
      return payloads.has(id) ? { ...message, payload: payloads.get(id) } : null;
    },

    async list(channelId, page, budget) {
      const found = await pageMessages(db, channelId, parsePage(page, MESSAGE_ORDER));
      return {
        ...found,
        edges: budget ? await withPayloads(found.edges, budget) : found.edges,
        totalCount: () => countMessages(db, channelId),
      };
    },
  };
}
