import { parseDuration } from '../../../src/domain/duration.ts';
import type { ExpiryInput, PolicyPartsFragment } from '../generated/hooks.ts';

const DAY_MS = 86_400_000;

/** How a person says when a token shall expire. */
export interface ExpiryChoice {
  readonly preset: ExpiryPreset;
  /** The last day that it works, as a date field has it; with `custom` only. */
  readonly date: string;
}

export type ExpiryPreset = (typeof PRESETS)[number]['value'];

/** The durations that are offered, in days; `null` where it is not that simple. */
const PRESETS = [
  { value: 'same', title: 'As long as before', days: null },
  { value: 'P7D', title: '7 days', days: 7 },
  { value: 'P30D', title: '30 days', days: 30 },
  { value: 'P60D', title: '60 days', days: 60 },
  { value: 'P90D', title: '90 days', days: 90 },
  { value: 'P365D', title: '1 year', days: 365 },
  { value: 'custom', title: 'Custom date', days: null },
  { value: 'never', title: 'Never', days: null },
] as const;

/** What bounds the choice. */
export interface ExpiryBounds {
  /** Milliseconds; `null`: no limit. */
  readonly maxLifetime: number | null;
  readonly allowsNever: boolean;
  /** Whether there is a lifetime before to keep. */
  readonly allowsSame?: boolean;
}

/** A personal token always expires; how late at most is the server's to say. */
export const PERSONAL_BOUNDS: ExpiryBounds = { maxLifetime: null, allowsNever: false };

/** What a workspace's policy leaves its own tokens. */
export function boundsOfPolicy({ maxLifetime, requireExpiry }: PolicyPartsFragment): ExpiryBounds {
  return {
    maxLifetime: maxLifetime === null ? null : parseDuration(maxLifetime, ['maxLifetime']),
    allowsNever: !requireExpiry,
  };
}

/** The presets that the bounds leave. */
export function presetsWithin({ maxLifetime, allowsNever, allowsSame }: ExpiryBounds) {
  return PRESETS.filter(({ value, days }) => {
    if (value === 'same') return allowsSame === true;
    if (value === 'never') return allowsNever && maxLifetime === null;
    return days === null || maxLifetime === null || days * DAY_MS <= maxLifetime;
  });
}

/** The choice that a form starts with: 30 days, or the longest preset below that. */
export function firstChoice(bounds: ExpiryBounds): ExpiryChoice {
  const offered = presetsWithin(bounds).map(({ value }) => value);
  const preset = (['same', 'P30D', 'P7D'] as const).find((value) => offered.includes(value));
  return { preset: preset ?? 'custom', date: '' };
}

/** A day as a date field has it, so many days from today. */
export function dateIn(days: number, now: number): string {
  const day = new Date(now + days * DAY_MS);
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

/** The last day that a date field offers. Browsers take years of up to six digits; a date of the API has four. */
export const LAST_DAY = '9999-12-31';

/** The last instant of a chosen day, by the person's own clock; `null` if it is not a day of a year of four digits. */
function endOf(date: string): Date | null {
  const end = new Date(/^\d{4}-\d{2}-\d{2}$/.test(date) ? `${date}T23:59:59` : Number.NaN);
  return Number.isNaN(end.getTime()) ? null : end;
}

/** Whether a choice can be sent. */
export function isComplete({ preset, date }: ExpiryChoice): boolean {
  return preset !== 'custom' || endOf(date) !== null;
}

/** A choice as the API takes it; `null` leaves the matter to the server. */
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

/** The instant that a choice comes to; `null` where it is never, or not known here. */
export function expiryOf({ preset, date }: ExpiryChoice, now: number): Date | null {
  if (preset === 'custom') return endOf(date);
  const days = PRESETS.find(({ value }) => value === preset)?.days;
  return days ? new Date(now + days * DAY_MS) : null;
}
