import { formatDay } from '../components/time.tsx';

/** Returns the label of an action: `token.scopes_added` is "Token scopes added". The console calls an entity a resource. */
export function actionLabel(action: string): string {
  const words = action.replace(/^entity_/, 'resource_').replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;
const CONSTANT = /^[A-Z]+(?:_[A-Z]+)*$/;

/** Returns the label of a detail: `expiresAt` is "expires at". */
function keyLabel(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function textLabel(text: string): string {
  if (INSTANT.test(text)) return formatDay(new Date(text));
  return CONSTANT.test(text) ? text.toLowerCase().replaceAll('_', ' ') : text;
}

function valueLabel(value: unknown): string {
  if (typeof value === 'string') return textLabel(value);
  if (Array.isArray(value)) return value.map(valueLabel).join(', ');
  if (typeof value === 'object' && value !== null) return detailLabel(value);
  return String(value);
}

/** Returns the details of an audit event, such as "name: CI; access: scoped". */
export function detailLabel(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return '';
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${keyLabel(key)}: ${valueLabel(value)}`)
    .join('; ');
}
