import { DAY, HOUR, MINUTE, SECOND } from '../duration.ts';

/** How long a client has to receive the answer to its request, in milliseconds. */
export const DEVICE_REQUEST_LIFETIME = 10 * MINUTE;
/** How long a client waits between two polls at first, and how much longer after each early one, in milliseconds. */
export const POLL_INTERVAL = 5 * SECOND;
/** The lifetime of the session of a command line, in milliseconds. */
export const COMMAND_LINE_SESSION_LIFETIME = 12 * HOUR;
/** The longest lifetime of a token that a client receives, in milliseconds. */
export const DEVICE_TOKEN_LIFETIME = 30 * DAY;

/** The states of a request: a client waits, or has an answer that it has not collected yet. */
export const DEVICE_STATUSES = ['PENDING', 'APPROVED', 'DENIED'] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** Consonants that are hard to confuse: they spell no words and need no shift key (RFC 8628, section 6.1). */
export const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE = new RegExp(`^[${USER_CODE_LETTERS}]{8}$`);
/** Longer than every spelling of a code. */
const TYPED_LENGTH = 64;

/** Returns a typed code in its one spelling: case, hyphens and spaces do not matter. `null` if it cannot be a code. */
export function parseUserCode(typed: string): string | null {
  if (typed.length > TYPED_LENGTH) return null;
  const code = typed.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
  return USER_CODE.test(code) ? code : null;
}

/** Returns a code as people read it: `BCDF-GHJK`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
