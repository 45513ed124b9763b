import { badInput, type InputIssue } from '../errors.ts';
import { serialiseJson } from './json.ts';

/** The largest metadata of a token. */
const METADATA = { bytes: 4096, levels: 8 };

/** Returns whether a key of an object, at any depth, is `__proto__`: a service that copies such an object changes its prototype. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}

/**
 * Returns the metadata of a token as JSON: an object of at most 4 KiB and 8 levels, without the key `__proto__`; `null` if
 * it is absent. Throws `BAD_USER_INPUT`.
 */
export function parseMetadata(value: unknown, path: InputIssue['path']): string | null {
  if (value == null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw badInput(path, 'must be a JSON object');
  const text = serialiseJson(value, path, METADATA);
  if (hasPrototypeKey(value)) throw badInput(path, 'must not contain the key __proto__');
  return text;
}
