import { SelectField, TextField } from '../components/field.tsx';
import { Warning } from '../components/states.tsx';
import { formatExact } from '../components/time.tsx';
import { counted } from '../labels.ts';
import {
  dateIn,
  type ExpiryBounds,
  type ExpiryChoice,
  type ExpiryPreset,
  expiryOf,
  LAST_DAY,
  presetsWithin,
} from './expiry.ts';

const DAY_MS = 86_400_000;

/** Returns the longest lifetime as a sentence; `null` if there is no limit. */
function describeLimit({ maxLifetime }: ExpiryBounds): string | null {
  if (maxLifetime === null) return null;
  return maxLifetime < DAY_MS
    ? `The longest lifetime here is ${counted(Math.floor(maxLifetime / 3_600_000), 'hour')}.`
    : `The longest lifetime here is ${counted(Math.floor(maxLifetime / DAY_MS), 'day')}.`;
}

/** Selects when a token expires: a preset or a date. Shows the resulting instant. */
export function ExpiryField({
  bounds,
  value,
  error,
  onChange,
}: {
  bounds: ExpiryBounds;
  value: ExpiryChoice;
  error?: string | undefined;
  onChange: (choice: ExpiryChoice) => void;
}) {
  const now = Date.now();
  const instant = expiryOf(value, now);
  const { maxLifetime } = bounds;
  return (
    <>
      <SelectField
        label="Expires"
        error={error}
        value={value.preset}
        onChange={(event) => onChange({ ...value, preset: event.target.value as ExpiryPreset })}
        hint={[instant && `Stops working on ${formatExact(instant)}.`, describeLimit(bounds)]
          .filter(Boolean)
          .join(' ')}
      >
        {presetsWithin(bounds).map(({ value: preset, title }) => (
          <option key={preset} value={preset}>
            {title}
          </option>
        ))}
      </SelectField>
      {value.preset === 'custom' && (
        <TextField
          label="Expires on"
          type="date"
          required
          min={dateIn(0, now)}
          max={maxLifetime === null ? LAST_DAY : dateIn(Math.floor(maxLifetime / DAY_MS) - 1, now)}
          error={value.date !== '' && !instant ? 'Enter a date before the year 10000.' : null}
          value={value.date}
          onChange={(event) => onChange({ ...value, date: event.target.value })}
        />
      )}
      {value.preset === 'never' && (
        <Warning>A token that never expires stays a risk wherever it is stored.</Warning>
      )}
    </>
  );
}
