import type { Operation } from './scopes.ts';

/** A kind of entity that a workspace declared for its own services. */
export interface RegisteredEntityType {
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string | null;
  readonly operations: readonly Operation[];
}

const SLUG = /^[a-z][a-z0-9_-]{0,49}$/;

/** Whether a text can name an entity type: a lower-case slug of up to 50 characters. */
export function isEntityType(text: string): boolean {
  return SLUG.test(text);
}

/** 1 to 200 characters, none of them a control character. */
const ENTITY_ID = /^\P{Cc}{1,200}$/u;

/** Whether a text can name an entity of a registered type. Its meaning is the declaring service's own affair. */
export function isEntityId(text: string): boolean {
  return ENTITY_ID.test(text);
}
