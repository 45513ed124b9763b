import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** From this number of a unit on, the next smaller unit says nothing new. */
const ONE_UNIT_FROM = 10;
const TICK_MS = 10_000;

// Dates follow the reader's language. A distance is part of an English sentence.
const LOCALES = [...navigator.languages];
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const DAY = new Intl.DateTimeFormat(LOCALES, { day: 'numeric', month: 'short', year: 'numeric' });
const EXACT = new Intl.DateTimeFormat(LOCALES, { dateStyle: 'full', timeStyle: 'long' });

const TickContext = createContext(0);

/** Renders the distances below it again every few seconds. */
export function Clock({ children }: { children: ReactNode }) {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((before) => before + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <TickContext value={tick}>{children}</TickContext>;
}

/** Returns the current time in milliseconds. The component renders again as time passes. */
export function useNow(): number {
  useContext(TickContext);
  return Date.now();
}

/** `Intl` throws on an invalid date, which would break the whole page. */
function isDate(instant: Date): boolean {
  return !Number.isNaN(instant.getTime());
}

const NO_DATE = 'an unknown date';

/** Returns the day of an instant in the reader's language, such as "Apr 7, 2030". */
export function formatDay(instant: Date): string {
  return isDate(instant) ? DAY.format(instant) : NO_DATE;
}

/** Returns an instant to the second in the reader's language, with its time zone. */
export function formatExact(instant: Date): string {
  return isDate(instant) ? EXACT.format(instant) : NO_DATE;
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Returns a duration in its largest unit and the next one, rounded up: "2 days, 5 hours". */
function formatRemaining(seconds: number): string {
  const index = Math.max(
    0,
    UNITS.findIndex(([, length]) => seconds >= length),
  );
  const [unit, size] = UNITS[index] ?? ['second', 1];
  const next = seconds >= ONE_UNIT_FROM * size ? undefined : UNITS[index + 1];
  if (!next) return plural(Math.ceil(seconds / size), unit);
  const [smallUnit, smallSize] = next;
  const small = Math.ceil((seconds % size) / smallSize);
  const full = Math.floor(seconds / size) + (small * smallSize >= size ? 1 : 0);
  return small === 0 || small * smallSize >= size
    ? plural(full, unit)
    : `${plural(full, unit)}, ${plural(small, smallUnit)}`;
}

/** Returns the distance of an instant from now: "in 2 days, 5 hours", "5 minutes ago". It never shows too little time. */
export function formatDistance(instant: Date, now: number): string {
  if (!isDate(instant)) return NO_DATE;
  const seconds = (instant.getTime() - now) / 1000;
  if (seconds > 0) return `in ${formatRemaining(Math.ceil(seconds))}`;
  const [unit, size] = UNITS.find(([, length]) => -seconds >= length) ?? ['second', 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** An instant as a day or as a distance from now; hovering shows the exact time. */
export function Time({ value, relative }: { value: string; relative?: boolean }) {
  const instant = new Date(value);
  const now = useNow();
  return (
    <time dateTime={value} title={formatExact(instant)}>
      {relative ? formatDistance(instant, now) : formatDay(instant)}
    </time>
  );
}
