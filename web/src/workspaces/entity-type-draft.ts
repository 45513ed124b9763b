import { isBuiltInOperation, normaliseOperations, type Operation } from '../../../src/domain/scopes.ts';
import type { EntityOperationInput, EntityTypesQuery, Role } from '../generated/hooks.ts';

/** A registered resource type with the fields that the console shows. */
export type EntityType = NonNullable<EntityTypesQuery['workspace']>['entityTypes'][number];

/** An own operation that the user is editing. */
export interface OperationDraft {
  readonly key: string;
  readonly name: string;
  readonly role: Role;
  readonly description: string;
}

/** A resource type that the user is editing. */
export interface EntityTypeDraft {
  readonly name: string;
  readonly description: string;
  readonly builtIn: readonly Operation[];
  readonly own: readonly OperationDraft[];
}

function newKey(): string {
  // `crypto.randomUUID` is missing on a page that was loaded over plain HTTP.
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}

/** Returns an operation without a name, for Team Members. */
export function emptyOperation(): OperationDraft {
  return { key: newKey(), name: '', role: 'TEAM_MEMBER', description: '' };
}

/** Returns the draft of a type; an empty one for `null`. */
export function draftOf(type: EntityType | null): EntityTypeDraft {
  const operations = type?.operations ?? [];
  return {
    name: type?.name ?? '',
    description: type?.description ?? '',
    builtIn: operations.map(({ name }) => name).filter(isBuiltInOperation),
    own: operations
      .filter(({ name }) => !isBuiltInOperation(name))
      .map(({ name, role, description }) => ({ key: newKey(), name, role, description: description ?? '' })),
  };
}

/** Returns the name that a text stands for: "refund all" is REFUND_ALL. */
export function toOperationName(text: string): string {
  return text.toUpperCase().replaceAll(/[ -]/g, '_');
}

/** Whether a draft is complete. */
export function isComplete({ name, builtIn, own }: EntityTypeDraft): boolean {
  return name !== '' && builtIn.length + own.length > 0 && own.every((each) => each.name !== '');
}

/** Returns the operations of a draft as an API input. A built-in one keeps what `type` declares for it. */
export function toOperationInputs(draft: EntityTypeDraft, type: EntityType | null): EntityOperationInput[] {
  const builtIn = normaliseOperations(draft.builtIn).map((name) => {
    const present = type?.operations.find((each) => each.name === name);
    return present ? { name, role: present.role, description: present.description } : { name };
  });
  const own = draft.own.map(({ name, role, description }) => ({
    name,
    role,
    description: description.trim() || null,
  }));
  return [...builtIn, ...own];
}
