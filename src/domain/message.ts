import { badInput, type InputIssue } from './errors.ts';

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

/**
 * A payload in JSON: at most 64 KiB of it in UTF-8, arrays and objects at most 32 deep. Throws `BAD_USER_INPUT`.
 * The levels are counted without recursion and first, because a serialiser overflows its stack on a payload that is deep enough.
 */
export function serialisePayload(payload: unknown, path: InputIssue['path']): string {
  let level: unknown[] = [payload];
  for (let depth = 0; level.length > 0; depth += 1) {
    // Numbers that JSON can spell but not a double, such as 1e999, would come back as null.
    if (level.some((value) => typeof value === 'number' && !Number.isFinite(value))) {
      throw badInput(path, 'must not contain numbers beyond the range of a double');
    }
    const nested = level.filter((value) => typeof value === 'object' && value !== null);
    if (depth === PAYLOAD_LEVELS && nested.length > 0) {
      throw badInput(path, `must be at most ${PAYLOAD_LEVELS} levels deep`);
    }
    level = nested.flatMap((value) => Object.values(value as object));
  }
  const text = JSON.stringify(payload);
  if (Buffer.byteLength(text) > PAYLOAD_BYTES)
    throw badInput(path, `must be at most ${PAYLOAD_BYTES} bytes of JSON`);
  return text;
}
