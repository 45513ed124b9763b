import type { Role } from './roles.ts';
import { isPattern, normaliseOperations, type Operation } from './scopes.ts';

/** An operation of a registered entity type. */
export interface EntityOperation {
  readonly name: Operation;
  readonly description: string | null;
  /** The lowest role that is allowed the operation. */
  readonly role: Role;
}

/** A kind of entity that a workspace declared for its own services. */
export interface RegisteredEntityType {
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string | null;
  readonly operations: readonly EntityOperation[];
}

/** Returns operations in the order of `normaliseOperations`. */
export function inOrder(operations: readonly EntityOperation[]): EntityOperation[] {
  const names = normaliseOperations(operations.map(({ name }) => name));
  return operations.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

const TYPE_LENGTH = 50;
const SLUG = /^[a-z][a-z0-9_-]*$/;

/** Whether a text can name an entity type: a lower-case slug of up to 50 characters. */
export function isEntityType(text: string): boolean {
  return text.length <= TYPE_LENGTH && SLUG.test(text);
}

const ID_LENGTH = 200;
/** 1 to 200 code points. `*` is for patterns; the others could name another entity after decoding. */
const ENTITY_ID = new RegExp(`^[^\\p{Cc}\\p{Cs}*%\\\\?#]{1,${ID_LENGTH}}$`, 'u');
/** A segment that is empty, or `.` or `..`: a service that resolves it as a path would reach another entity. */
const ODD_SEGMENT = /(^|\/)(\/|$)|(^|[/:])\.{1,2}([/:]|$)/;

/** What `isEntityId` requires, for messages. */
export const ENTITY_ID_RULE =
  'must have 1 to 200 characters, without control characters, *, %, \\, ? or #, and without empty, . or .. segments';

/** Whether a text can name an entity of a registered type. Its meaning is the declaring service's own affair. */
export function isEntityId(text: string): boolean {
  return text.length <= 2 * ID_LENGTH && ENTITY_ID.test(text) && !ODD_SEGMENT.test(text);
}

/** Whether a text is a pattern that an id can match. */
export function isEntityPattern(text: string): boolean {
  return text.length <= 2 * ID_LENGTH && isPattern(text) && isEntityId(`${text.slice(0, -1)}x`);
}
