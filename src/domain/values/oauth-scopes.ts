import { hasStar } from '../scopes.ts';

/** A scope as a client requests it. Ids are global ids, or the opaque ids of a registered type. */
export interface RequestedScope {
  readonly entityType: string;
  readonly entityId: string | null;
  readonly workspaceId: string | null;
  readonly operations: readonly string[];
}

const PARAMETER_LENGTH = 8192;
/** An entity type, an operation, and optionally an id and a workspace. */
const SCOPE =
  /^(?<entityType>[a-z][a-z0-9_-]{0,49}):(?<operation>[a-z][a-z0-9_-]{0,49})(?::(?<entityId>[^:@]+))?(?:@(?<workspaceId>[A-Za-z0-9_]+))?$/;

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function parseScope(text: string): (Omit<RequestedScope, 'operations'> & { operation: string }) | null {
  const groups = SCOPE.exec(text)?.groups;
  if (!groups) return null;
  const { entityType = '', operation = '', entityId, workspaceId = null } = groups;
  const id = entityId === undefined ? null : decode(entityId);
  const isInvalid = entityId !== undefined && (id === null || hasStar(id));
  return isInvalid
    ? null
    : { entityType, entityId: id, workspaceId, operation: operation.toUpperCase().replaceAll('-', '_') };
}

/**
 * Returns the scopes of a `scope` parameter (RFC 6749, section 3.3), each written as in introspection, such as
 * `channel:publish` or `channel:read:chn_…@wsp_…`; `null` if one is malformed or a pattern. Scopes on the same entities become
 * one.
 */
export function parseScopeParameter(text: string): RequestedScope[] | null {
  if (text.length > PARAMETER_LENGTH) return null;
  const merged = new Map<string, RequestedScope>();
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const scope = parseScope(word);
    if (scope === null) return null;
    const { operation, ...target } = scope;
    const key = JSON.stringify(target);
    merged.set(key, { ...target, operations: [...(merged.get(key)?.operations ?? []), operation] });
  }
  return [...merged.values()];
}
