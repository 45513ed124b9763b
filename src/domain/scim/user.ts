import { PosternError } from '../errors.ts';
import { parseEmail, toName } from '../text.ts';
import { attributesOf, scimFailure } from './failure.ts';
import { booleanOf, type FilterAttributes } from './filter.ts';
import type { PatchOperation } from './patch.ts';

const SUBJECT_LENGTH = 255;

/** The person of an account, as a directory sees them. Instants are milliseconds since the epoch. */
export interface DirectoryUser {
  /** The id of the identity, which is the id of the resource. */
  readonly id: string;
  readonly userId: string;
  /** The subject at the provider. */
  readonly externalId: string;
  readonly email: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly createdAt: number;
}

/** What a directory states about a person. `undefined` leaves a value as it is. */
export interface StatedUser {
  readonly externalId: string;
  /** Trimmed and in lower case. */
  readonly email: string;
  readonly name: string | undefined;
  readonly isActive: boolean | undefined;
}

/** The attributes of a person that a filter can name. */
export const USER_FILTER: FilterAttributes<UserAttribute> = {
  id: 'text',
  userName: 'text',
  externalId: 'text',
  displayName: 'text',
  active: 'boolean',
};
export type UserAttribute = 'id' | 'userName' | 'externalId' | 'displayName' | 'active';

/** Parses the subject of a person at the provider. Throws `invalidValue`. */
export function parseSubjectId(value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= SUBJECT_LENGTH) return value;
  throw scimFailure('invalidValue', `externalId must be a text of 1 to ${SUBJECT_LENGTH} characters.`);
}

function parseUserName(value: unknown): string {
  try {
    return parseEmail(typeof value === 'string' ? value : '', ['userName']);
  } catch (error) {
    if (error instanceof PosternError)
      throw scimFailure('invalidValue', 'userName must be an email address.');
    throw error;
  }
}

function parseActive(value: unknown): boolean {
  const active = booleanOf(value);
  if (active === null) throw scimFailure('invalidValue', 'active must be true or false.');
  return active;
}

/** Returns the name that a text states, cleaned; `undefined` if nothing remains. Throws `invalidValue` if it is no text. */
function parseDisplayName(value: unknown): string | undefined {
  if (typeof value !== 'string') throw scimFailure('invalidValue', 'displayName must be a text.');
  return toName(value, '') || undefined;
}

/** Returns the name that the attribute `name` states; `undefined` if it states none. */
function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const name = attributesOf(value, 'name');
  const parts = [name.get('givenname'), name.get('familyname')].filter((each) => typeof each === 'string');
  const formatted = name.get('formatted');
  return (
    toName(typeof formatted === 'string' && formatted !== '' ? formatted : parts.join(' '), '') || undefined
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Parses the person in the body of a `POST` or `PUT`. Attributes that Postern does not have are ignored. Throws `invalidValue`. */
export function parseUser(body: unknown): StatedUser {
  const attributes = attributesOf(body, 'The body');
  const [displayName, active] = [attributes.get('displayname'), attributes.get('active')];
  return {
    externalId: parseSubjectId(attributes.get('externalid')),
    email: parseUserName(attributes.get('username')),
    name: isAbsent(displayName) ? nameIn(attributes.get('name')) : parseDisplayName(displayName),
    isActive: isAbsent(active) ? undefined : parseActive(active),
  };
}

/** Returns the one value of an operation. Entra ID sends some of them as a list of one object with `value`. */
function singleValue(value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 1) return value;
  const [only] = value;
  return typeof only === 'object' && only !== null ? attributesOf(only, 'A value').get('value') : only;
}

function changed(user: StatedUser, attribute: string, value: unknown): StatedUser {
  switch (attribute) {
    case 'active':
      return { ...user, isActive: parseActive(value) };
    case 'username':
      return { ...user, email: parseUserName(value) };
    case 'externalid':
      return { ...user, externalId: parseSubjectId(value) };
    case 'displayname':
      return { ...user, name: parseDisplayName(value) ?? user.name };
    default:
      return user;
  }
}

const REQUIRED = ['active', 'username', 'externalid', 'displayname'];

/**
 * Returns a person after the operations of a `PATCH`. Attributes that Postern does not have are ignored. Throws `invalidValue`, or
 * `invalidPath` if a path selects a part of an attribute that has none.
 */
export function patchUser(user: StatedUser, operations: readonly PatchOperation[]): StatedUser {
  return operations.reduce((before, { op, path, value }) => {
    if (!REQUIRED.includes(path.attribute)) return before;
    if (path.filter !== null || path.subAttribute !== null) {
      throw scimFailure('invalidPath', `${path.attribute} has no parts.`);
    }
    if (op === 'remove') throw scimFailure('invalidValue', `${path.attribute} cannot be removed.`);
    return changed(before, path.attribute, singleValue(value));
  }, user);
}
