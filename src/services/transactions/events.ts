import { EventEmitter } from 'node:events';

/** Events that are emitted after a commit. */
interface EventMap {
  /** Permissions may have changed. */
  authority: [];
  /** A token ended, and many of its descendants do not have that in their rows yet. */
  cascade: [];
  /** A channel has a new message. */
  message: [channelId: string];
}

/** Emits the events of this process. It does not report commits of other processes. */
export type Events = EventEmitter<EventMap>;

/** Returns an emitter without listeners. */
export function createEvents(): Events {
  return new EventEmitter<EventMap>();
}
