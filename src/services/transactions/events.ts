import { EventEmitter } from 'node:events';

/** What is told, as soon as it is stored, to whoever holds something open. */
interface EventMap {
  /** Who may do what may have changed. */
  authority: [];
  /** A channel has a new message. */
  message: [channelId: string];
}

/** Tells within this process; what another one stores is found by looking. */
export type Events = EventEmitter<EventMap>;

/** Announcements that nobody listens to yet. */
export function createEvents(): Events {
  return new EventEmitter<EventMap>();
}
