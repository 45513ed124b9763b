import { isEntityId, isEntityPattern } from '../../../src/domain/entity-type.ts';
import { isBuiltIn, type Operation } from '../../../src/domain/scopes.ts';
import type { TokenScopeInput } from '../generated/hooks.ts';
import type { ScopeTargets, Target } from './scope-targets.ts';

/** A scope that the user is editing; an empty string means "not selected" or "all". */
export interface ScopeDraft {
  readonly key: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly workspaceId: string;
  readonly operations: readonly Operation[];
}

/** Returns an empty scope. */
export function emptyDraft(): ScopeDraft {
  // `crypto.randomUUID` is missing on a page that was loaded over plain HTTP.
  const key = crypto.getRandomValues(new Uint32Array(4)).join('-');
  return { key, entityType: '', entityId: '', workspaceId: '', operations: [] };
}

/** A scope that exists or is proposed; `null` means "all". */
export interface GivenScope {
  readonly entityType: string;
  readonly entityId: string | null;
  readonly entityPattern?: string | null;
  readonly workspaceId: string | null;
  readonly operations: readonly string[];
}

/** Returns a scope as a draft; `null` if it names a type, operation, resource or workspace that the form does not offer. */
export function draftOf(scope: GivenScope, targets: ScopeTargets): ScopeDraft | null {
  const { entityType, operations } = scope;
  if (!targets.types.includes(entityType) || operations.length === 0) return null;
  const entityId = scope.entityPattern ?? scope.entityId ?? '';
  const workspaceId = scope.workspaceId ?? '';
  const draft: ScopeDraft = { ...emptyDraft(), entityType, entityId, workspaceId, operations };
  const offers = (some: readonly Target[], id: string) => id === '' || some.some((each) => each.id === id);
  const entities = targets.entitiesOf(entityType);
  const isOffered =
    operations.every((each) => targets.operationsOf(draft).includes(each)) &&
    offers(targets.workspacesOf(entityType), workspaceId) &&
    (entities
      ? offers(entities, entityId)
      : entityId === '' || isEntityId(entityId) || isEntityPattern(entityId));
  return isOffered ? draft : null;
}

/** Whether scopes on a type name a workspace: a registered type belongs to one, and so does what has only one. */
export function namesWorkspace(entityType: string, { within }: ScopeTargets): boolean {
  return entityType !== '' && (!isBuiltIn(entityType) || within !== null);
}

/** Returns a scope on a type; if it has to name a workspace, the first that it can. */
export function draftOfType(draft: ScopeDraft, entityType: string, targets: ScopeTargets): ScopeDraft {
  const [first] = namesWorkspace(entityType, targets) ? targets.workspacesOf(entityType) : [];
  return { ...draft, entityType, entityId: '', workspaceId: first?.id ?? '', operations: [] };
}

/** Whether a draft is complete. A registered type belongs to a workspace, so its scopes name one. */
export function isComplete({ entityType, workspaceId, operations }: ScopeDraft): boolean {
  return entityType !== '' && operations.length > 0 && (isBuiltIn(entityType) || workspaceId !== '');
}

/** Whether the scope can be limited to a workspace. A scope on a single built-in resource cannot. */
export function takesWorkspace({ entityType, entityId }: ScopeDraft): boolean {
  if (entityType === '' || entityType === 'token' || entityType === 'workspace') return false;
  return !isBuiltIn(entityType) || entityId === '';
}

type ScopeField = 'entityType' | 'entityId' | 'entityPattern' | 'workspaceId' | 'operations';
type ScopePath = `scopes.${number}.${ScopeField}`;

/** The errors of one scope, by field. */
export type ScopeErrors = Readonly<Partial<Record<ScopeField, string>>>;

const SCOPE_FIELDS: readonly ScopeField[] = [
  'entityType',
  'entityId',
  'entityPattern',
  'workspaceId',
  'operations',
];

/** Returns the paths of the fields of the scope at an index of the input. */
export function scopePaths(index: number): ScopePath[] {
  return SCOPE_FIELDS.map((field): ScopePath => `scopes.${index}.${field}`);
}

/** Returns the errors of the scope at an index of the input. */
export function errorsOfScope(
  errors: Readonly<Partial<Record<ScopePath, string>>>,
  index: number,
): ScopeErrors {
  return Object.fromEntries(SCOPE_FIELDS.map((field) => [field, errors[`scopes.${index}.${field}`]]));
}

/** Returns a draft as an API input. */
export function toScopeInput(draft: ScopeDraft): TokenScopeInput {
  const entity = draft.entityId.trim();
  // No id contains a star, so one field serves for both.
  const isPattern = !isBuiltIn(draft.entityType) && entity.includes('*');
  return {
    entityType: draft.entityType,
    ...(isPattern ? { entityPattern: entity } : { entityId: entity || null }),
    workspaceId: takesWorkspace(draft) ? draft.workspaceId || null : null,
    operations: [...draft.operations],
  };
}

/** Returns what the user still has to choose in scopes; `null` if they are complete. `others` is the number of scopes besides. */
export function missingInScopes(drafts: readonly ScopeDraft[], others = 0): string | null {
  if (drafts.length + others === 0) return 'Add a scope.';
  return drafts.every(isComplete) ? null : 'Choose a type and operations for each scope.';
}

/** Returns a draft in the form of a stored scope: `null` means "all". */
export function toAbilityScope(draft: ScopeDraft) {
  const { entityId, workspaceId, ...scope } = toScopeInput(draft);
  return { ...scope, entityId: entityId ?? null, workspaceId: workspaceId ?? null };
}
