const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const DAY = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const EXACT = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'long' });

/** `Intl` throws on an invalid date, which would break the whole page. */
function isDate(instant: Date): boolean {
  return !Number.isNaN(instant.getTime());
}

const NO_DATE = 'an unknown date';

/** Returns the day of an instant, such as "Apr 7, 2030". */
export function formatDay(instant: Date): string {
  return isDate(instant) ? DAY.format(instant) : NO_DATE;
}

/** Returns an instant to the second, with its time zone. */
export function formatExact(instant: Date): string {
  return isDate(instant) ? EXACT.format(instant) : NO_DATE;
}

/** Returns the distance of an instant from now: "in 3 days", "5 minutes ago". */
export function formatDistance(instant: Date, now: number): string {
  if (!isDate(instant)) return NO_DATE;
  const seconds = Math.trunc((instant.getTime() - now) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** An instant as a day or as a distance from now; hovering shows the exact time. */
export function Time({ value, relative }: { value: string; relative?: boolean }) {
  const instant = new Date(value);
  return (
    <time dateTime={value} title={formatExact(instant)}>
      {relative ? formatDistance(instant, Date.now()) : formatDay(instant)}
    </time>
  );
}
