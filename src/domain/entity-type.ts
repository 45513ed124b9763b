import type { Operation } from './scopes.ts';

/** A kind of entity that a workspace declared for its own services. */
export interface RegisteredEntityType {
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string | null;
  readonly operations: readonly Operation[];
}

const TYPE_LENGTH = 50;
const SLUG = /^[a-z][a-z0-9_-]*$/;

/** Whether a text can name an entity type: a lower-case slug of up to 50 characters. */
export function isEntityType(text: string): boolean {
  return text.length <= TYPE_LENGTH && SLUG.test(text);
}

const ID_LENGTH = 200;
/** 1 to 200 code points, none of them a control character or `*`, which stands for every entity. */
const ENTITY_ID = new RegExp(`^[^\\p{Cc}*]{1,${ID_LENGTH}}$`, 'u');

/** Whether a text can name an entity of a registered type. Its meaning is the declaring service's own affair. */
export function isEntityId(text: string): boolean {
  return text.length <= 2 * ID_LENGTH && ENTITY_ID.test(text);
}
