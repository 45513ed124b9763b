import { badInput, type InputIssue } from './errors.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const SHAPE =
  /^P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;
/** More than the longest text that `SHAPE` matches. */
const MOST_CHARACTERS = 100;
/** A thousand years: an instant that far from now still has a year of four digits. */
const LONGEST = 365_000 * DAY;
const UNITS = [365 * DAY, 30 * DAY, 7 * DAY, DAY, HOUR, MINUTE, SECOND] as const;

/**
 * Milliseconds of an ISO 8601 duration; a year counts 365 days and a month 30, for a token's lifetime has no calendar.
 * Throws `BAD_USER_INPUT` on signs, fractions, on nothing at all (`PT0S`) and on more than a thousand years.
 */
export function parseDuration(text: string, path: InputIssue['path']): number {
  const match = text.length > MOST_CHARACTERS ? null : SHAPE.exec(text);
  const milliseconds = match
    ? UNITS.reduce((sum, unit, index) => sum + unit * Number(match[index + 1] ?? 0), 0)
    : 0;
  if (milliseconds <= 0) {
    throw badInput(path, 'must be a positive ISO 8601 duration of whole units, such as P30D or PT15M');
  }
  if (milliseconds > LONGEST) throw badInput(path, 'must be at most P1000Y');
  return milliseconds;
}

/** An ISO 8601 duration in days, hours, minutes and seconds; what is under a second is dropped. */
export function formatDuration(milliseconds: number): string {
  const days = Math.floor(milliseconds / DAY);
  const hours = Math.floor((milliseconds % DAY) / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  const seconds = Math.floor((milliseconds % MINUTE) / SECOND);
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}${days || time ? '' : 'T0S'}`;
}
