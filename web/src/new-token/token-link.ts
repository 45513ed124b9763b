import { PosternError } from '../../../src/domain/errors.ts';
import { parseDescription, parseName } from '../../../src/domain/text.ts';
import { draftOf, type GivenScope, type ScopeDraft } from '../scopes/scope-draft.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { choiceOf, type ExpiryBounds } from '../tokens/expiry.ts';
import type { CommonValue } from '../tokens/token-form.tsx';

/** Values for the form of a new token, or why there are none. Nothing is submitted. */
export interface Offer<Value> {
  /** `null` if the form must not be filled in. */
  readonly values: Partial<Value> | null;
  /** What is wrong with a link, or left out of a duplicate, as sentences. No sentence repeats a value. */
  readonly problems: readonly string[];
}

type LinkValue = Pick<CommonValue, 'name' | 'description' | 'expiry'> & {
  readonly access: 'SCOPED';
  readonly scopes: readonly ScopeDraft[];
};

const LENGTH_MAX = 8000;
const SCOPES_MAX = 64;
const FIELDS = ['name', 'description', 'scope', 'expires'];

/** As introspection names scopes: type, operation, and optionally an encoded resource and a workspace. */
const SCOPE = /^([a-z][a-z0-9_-]*):([A-Za-z][A-Za-z0-9_-]*)(?::([^@]+))?(?:@(\w+))?$/;

/** Returns the value of a parser; adds its message to `problems` if it throws. */
function attempt<T>(label: string, problems: string[], parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    problems.push(`${label} ${error.detail.issues?.[0]?.message ?? 'is invalid'}.`);
    return undefined;
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Returns the scope of a link; `null` if it is malformed. */
function parseScope(text: string, targets: ScopeTargets): GivenScope | null {
  const [, entityType = '', operation = '', encoded, workspace] = SCOPE.exec(text) ?? [];
  if (entityType === '') return null;
  const entity = encoded === undefined ? null : decode(encoded);
  if (encoded !== undefined && entity === null) return null;
  const operations = [operation.toUpperCase().replaceAll('-', '_')];
  // A registered type belongs to a workspace. If only one has it, the link need not name it.
  const [only, ...others] = targets.workspacesOf(entityType);
  const isListed = targets.types.includes(entityType) && targets.entitiesOf(entityType) !== null;
  const workspaceId = workspace ?? (isListed || others.length > 0 ? null : (only?.id ?? null));
  return { entityType, entityId: entity, workspaceId, operations };
}

/** Returns scopes with the operations of all that are about the same. */
function merge(scopes: readonly GivenScope[]): GivenScope[] {
  const merged = new Map<string, GivenScope>();
  for (const scope of scopes) {
    const key = JSON.stringify([scope.entityType, scope.entityId, scope.workspaceId]);
    const operations = new Set([...(merged.get(key)?.operations ?? []), ...scope.operations]);
    merged.set(key, { ...scope, operations: [...operations] });
  }
  return [...merged.values()];
}

function readScopes(texts: readonly string[], targets: ScopeTargets, problems: string[]): ScopeDraft[] {
  if (texts.length > SCOPES_MAX) {
    problems.push(`It names more than ${SCOPES_MAX} scopes.`);
    return [];
  }
  const scopes = texts.map((text) => parseScope(text, targets));
  for (const [index, scope] of scopes.entries()) {
    if (scope && draftOf(scope, targets)) continue;
    problems.push(`Scope ${index + 1} names a type, action, resource or workspace that you can't select.`);
  }
  if (problems.length > 0) return [];
  return merge(scopes as GivenScope[]).flatMap((scope) => draftOf(scope, targets) ?? []);
}

/** Returns whether a link proposes a token. */
export function isTokenLink(search: string): boolean {
  const params = new URLSearchParams(search);
  return FIELDS.some((name) => params.has(name));
}

/**
 * Returns the values that a link such as `?name=CI&scope=channel:publish&expires=P30D` proposes. If a part is invalid, it
 * proposes nothing. Other parameters are ignored.
 */
export function readTokenLink(
  search: string,
  targets: ScopeTargets,
  bounds: ExpiryBounds,
  now: number,
): Offer<LinkValue> {
  if (search.length > LENGTH_MAX) return { values: null, problems: ['It is too long.'] };
  const params = new URLSearchParams(search);
  const problems: string[] = [];
  for (const field of FIELDS) {
    if (field !== 'scope' && params.getAll(field).length > 1) problems.push(`It has "${field}" twice.`);
  }
  const [name, description, expires] = ['name', 'description', 'expires'].map((field) => params.get(field));
  const parsed = {
    name: name && attempt('The name', problems, () => parseName(name, [])),
    description: description && attempt('The description', problems, () => parseDescription(description, [])),
    expiry: expires && attempt('The lifetime', problems, () => choiceOf(expires, bounds, now)),
  };
  if (parsed.expiry === null && expires)
    problems.push('The lifetime is shorter than a day or longer than allowed.');
  const texts = params.getAll('scope').flatMap((text) => text.split(/\s+/).filter(Boolean));
  const scopes = readScopes(texts, targets, problems);
  if (problems.length > 0) return { values: null, problems };
  const values = {
    ...(parsed.name && { name: parsed.name }),
    ...(parsed.description && { description: parsed.description }),
    ...(parsed.expiry && { expiry: parsed.expiry }),
    ...(scopes.length > 0 && { access: 'SCOPED' as const, scopes }),
  };
  return { values, problems };
}
