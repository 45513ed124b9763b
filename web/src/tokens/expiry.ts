import { parseDuration } from '../../../src/domain/duration.ts';
import type { ExpiryInput, PolicyPartsFragment } from '../generated/hooks.ts';

const DAY_MS = 86_400_000;

/** The expiry that the user selected. */
export interface ExpiryChoice {
  readonly preset: ExpiryPreset;
  /** The last day that the token works, in the format of a date input; used with `custom` only. */
  readonly date: string;
}

export type ExpiryPreset = (typeof PRESETS)[number]['value'];

/** The offered durations, in days; `null` if the choice has no fixed duration. */
const PRESETS = [
  { value: 'same', title: 'Same lifetime as before', days: null },
  { value: 'P7D', title: '7 days', days: 7 },
  { value: 'P30D', title: '30 days', days: 30 },
  { value: 'P60D', title: '60 days', days: 60 },
  { value: 'P90D', title: '90 days', days: 90 },
  { value: 'P365D', title: '1 year', days: 365 },
  { value: 'custom', title: 'Custom date', days: null },
  { value: 'never', title: 'Never', days: null },
] as const;

/** The limits of the choice. */
export interface ExpiryBounds {
  /** In milliseconds; `null` if there is no limit. */
  readonly maxLifetime: number | null;
  readonly allowsNever: boolean;
  /** Whether the previous lifetime can be used again. */
  readonly allowsSame?: boolean;
}

/** Returns the limits of personal tokens: they always expire, within the longest lifetime on the server. */
export function personalBounds(maxLifetime: string): ExpiryBounds {
  return { maxLifetime: parseDuration(maxLifetime, ['maxLifetime']), allowsNever: false };
}

/** Returns the limits that a token policy sets for workspace tokens. */
export function boundsOfPolicy({ maxLifetime, requireExpiry }: PolicyPartsFragment): ExpiryBounds {
  return {
    maxLifetime: maxLifetime === null ? null : parseDuration(maxLifetime, ['maxLifetime']),
    allowsNever: !requireExpiry,
  };
}

/** Returns the presets within the limits. */
export function presetsWithin({ maxLifetime, allowsNever, allowsSame }: ExpiryBounds) {
  return PRESETS.filter(({ value, days }) => {
    if (value === 'same') return allowsSame === true;
    if (value === 'never') return allowsNever && maxLifetime === null;
    return days === null || maxLifetime === null || days * DAY_MS <= maxLifetime;
  });
}

/** Returns the initial choice of a form: 30 days, or the longest shorter preset. */
export function firstChoice(bounds: ExpiryBounds): ExpiryChoice {
  const offered = presetsWithin(bounds).map(({ value }) => value);
  const preset = (['same', 'P30D', 'P7D'] as const).find((value) => offered.includes(value));
  return { preset: preset ?? 'custom', date: '' };
}

/**
 * Returns the choice of a duration, as a preset or a date; `null` if it is shorter than a day or longer than the limits allow.
 * Throws on a text that is not an ISO 8601 duration.
 */
export function choiceOf(duration: string, bounds: ExpiryBounds, now: number): ExpiryChoice | null {
  const milliseconds = parseDuration(duration, []);
  const days = Math.floor(milliseconds / DAY_MS);
  const longest = bounds.maxLifetime ?? Number.POSITIVE_INFINITY;
  if (days < 1 || milliseconds > longest) return null;
  const preset = presetsWithin(bounds).find((each) => each.days === days);
  if (preset) return { preset: preset.value, date: '' };
  const date = dateIn(Math.min(days, Math.floor(longest / DAY_MS) - 1), now);
  return date > LAST_DAY || date.length > LAST_DAY.length ? null : { preset: 'custom', date };
}

/** Returns the day `days` days from `now`, in the format of a date input. */
export function dateIn(days: number, now: number): string {
  const day = new Date(now + days * DAY_MS);
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

/** The latest day of a date input. Browsers accept years of six digits; the API accepts four. */
export const LAST_DAY = '9999-12-31';

/** Returns the last second of a day in local time; `null` if it is not a date with a four-digit year. */
function endOf(date: string): Date | null {
  const end = new Date(/^\d{4}-\d{2}-\d{2}$/.test(date) ? `${date}T23:59:59` : Number.NaN);
  return Number.isNaN(end.getTime()) ? null : end;
}

/** Whether a choice is complete. */
export function isComplete({ preset, date }: ExpiryChoice): boolean {
  return preset !== 'custom' || endOf(date) !== null;
}

/** Returns a choice as an API input; `null` lets the server decide. */
export function toExpiryInput({ preset, date }: ExpiryChoice): ExpiryInput | null {
  switch (preset) {
    case 'same':
      return null;
    case 'never':
      return { never: true };
    case 'custom': {
      const end = endOf(date);
      return end && { at: end.toISOString() };
    }
    default:
      return { after: preset };
  }
}

/** Returns the instant of a choice; `null` if it never expires or only the server knows it. */
export function expiryOf({ preset, date }: ExpiryChoice, now: number): Date | null {
  if (preset === 'custom') return endOf(date);
  const days = PRESETS.find(({ value }) => value === preset)?.days;
  return days ? new Date(now + days * DAY_MS) : null;
}
