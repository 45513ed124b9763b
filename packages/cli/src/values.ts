import { failure } from './failure.ts';
import type { ExpiryInput, TokenScopeInput } from './generated/operations.ts';

const UNITS: Readonly<Record<string, string>> = { w: 'P%W', d: 'P%D', h: 'PT%H', m: 'PT%M' };
const SCOPE =
  /^([a-z][a-z0-9_-]*):([a-z][a-z0-9_-]*(?:,[a-z][a-z0-9_-]*)*)(?::([^@]+))?(?:@([A-Za-z0-9_]+))?$/;

/** Returns an ISO 8601 duration for `30d`, `12h`, `2w`, `15m` or `P30D`; `null` if it is none. */
function toDuration(text: string): string | null {
  if (/^P[\dT]/.test(text)) return text;
  const [, amount, unit] = /^(\d{1,6})([wdhm])$/.exec(text) ?? [];
  return amount && unit ? (UNITS[unit] ?? '').replace('%', amount) : null;
}

/** Returns a duration. Throws a failure of usage. */
export function parseDuration(text: string): string {
  const duration = toDuration(text);
  if (duration === null) throw failure('usage', `${text} is not a duration, such as 30d, 12h or P30D.`);
  return duration;
}

/** Returns an expiry: a duration, a date such as `2027-01-31`, an instant, or `never`. Throws a failure of usage. */
export function parseExpiry(text: string): ExpiryInput {
  if (text === 'never') return { never: true };
  const after = toDuration(text);
  if (after !== null) return { after };
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : null;
  if (!at || Number.isNaN(at.getTime())) {
    throw failure('usage', `${text} is not an expiry, such as 30d, 2027-01-31 or never.`);
  }
  return { at: at.toISOString() };
}

/** Returns an operation as the API writes it. */
export function parseOperation(text: string): string {
  return text.toUpperCase().replaceAll('-', '_');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw failure('usage', `${text} is not percent-encoded.`);
  }
}

/**
 * Returns a scope: `channel:publish`, several operations `channel:read,list`, one entity `channel:read:chn_…`, a pattern
 * `repository:read:acme/*`, and after an @ the workspace. Throws a failure of usage.
 */
export function parseScope(text: string): TokenScopeInput {
  const match = SCOPE.exec(text);
  if (!match)
    throw failure('usage', `${text} is not a scope, such as channel:publish or channel:read,list@wsp_….`);
  const [, entityType = '', operations = '', entity, workspaceId] = match;
  const id = entity === undefined ? undefined : decode(entity);
  return {
    entityType,
    operations: operations.split(',').map(parseOperation),
    ...(id !== undefined && (id.endsWith('*') ? { entityPattern: id } : { entityId: id })),
    ...(workspaceId !== undefined && { workspaceId }),
  };
}

/** Returns the variables of a document. Throws a failure of usage. */
export function parseVariables(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Refused below.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw failure('usage', `--variables must be a JSON object, such as '{"id":"chn_…"}'.`);
}

/** Returns a scope as `parseScope` reads it. */
export function formatScope(scope: {
  readonly entityType: string;
  readonly operations: readonly string[];
  readonly entityId?: string | null | undefined;
  readonly entityPattern?: string | null | undefined;
  readonly workspaceId?: string | null | undefined;
}): string {
  const id = scope.entityPattern ?? scope.entityId;
  const encoded =
    id == null ? '' : `:${encodeURIComponent(id).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
  const workspace = scope.workspaceId == null ? '' : `@${scope.workspaceId}`;
  return `${scope.entityType}:${scope.operations.join(',').toLowerCase()}${encoded}${workspace}`;
}
