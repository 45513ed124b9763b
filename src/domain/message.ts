import type { InputIssue } from './errors.ts';
import { serialiseJson } from './values/json.ts';

/** A message without what was published. */
export interface MessageHead {
  readonly id: string;
  readonly channelId: string;
  /** The place in the channel: 1 for its first message, and one more for each, without a gap. */
  readonly sequence: number;
  readonly publishedAt: number;
  /** The user behind the call; `null` for a workspace token. */
  readonly publisherId: string | null;
}

/** A message as its channel keeps it. */
export interface Message extends MessageHead {
  /** Any JSON value. */
  readonly payload: unknown;
}

/** A message that was listed; its payload is read only if it was asked for. */
export interface ListedMessage extends MessageHead {
  readonly payload?: unknown;
}

/** The most bytes of a payload, as JSON in UTF-8. */
export const PAYLOAD_BYTES = 64 * 1024;
const PAYLOAD_LEVELS = 32;

/** Returns a payload as JSON: at most 64 KiB, arrays and objects at most 32 levels deep. Throws `BAD_USER_INPUT`. */
export function serialisePayload(payload: unknown, path: InputIssue['path']): string {
  return serialiseJson(payload, path, { bytes: PAYLOAD_BYTES, levels: PAYLOAD_LEVELS });
}
