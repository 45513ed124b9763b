import { isGroupName } from '../accounts/groups.ts';
import { attributesOf, scimFailure } from './failure.ts';
import { type FilterAttributes, parseFilter } from './filter.ts';
import type { PatchOperation } from './patch.ts';

const EXTERNAL_ID_LENGTH = 255;
/** More than a body of the largest size has. */
const MEMBERS_MAX = 5000;

/** A group of a directory. Its name is its key in Postern. Instants are milliseconds since the epoch. */
export interface DirectoryGroup {
  readonly id: string;
  readonly name: string;
  readonly externalId: string | null;
  /** The name that it gets when all members have moved there, if it is being renamed. */
  readonly renamedTo: string | null;
  readonly createdAt: number;
}

/** Returns the names under which a group has members. */
export function namesOf({ name, renamedTo }: Pick<DirectoryGroup, 'name' | 'renamedTo'>): string[] {
  return renamedTo === null ? [name] : [name, renamedTo];
}

/** What a directory states about a group. `undefined` leaves a value as it is. */
export interface StatedGroup {
  readonly name: string;
  readonly externalId: string | null | undefined;
}

/** A change of the members of a group, by the ids of people. */
export type MemberChange =
  | { readonly kind: 'add' | 'remove' | 'replace'; readonly ids: readonly string[] }
  | { readonly kind: 'clear' };

/** The attributes of a group that a filter can name. */
export const GROUP_FILTER: FilterAttributes<GroupAttribute> = {
  id: 'text',
  displayName: 'text',
  externalId: 'text',
};
export type GroupAttribute = 'id' | 'displayName' | 'externalId';

function parseName(value: unknown): string {
  if (typeof value === 'string' && isGroupName(value)) return value;
  throw scimFailure('invalidValue', 'displayName must have 1 to 255 characters and no control characters.');
}

function parseExternalId(value: unknown): string | null {
  if (value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= EXTERNAL_ID_LENGTH) return value;
  throw scimFailure('invalidValue', `externalId must have at most ${EXTERNAL_ID_LENGTH} characters.`);
}

/** Returns the ids of members, each once. Throws `invalidValue`. */
function parseMembers(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > MEMBERS_MAX)
    throw scimFailure('invalidValue', `A request has at most ${MEMBERS_MAX} members.`);
  const ids = list.map((member) => {
    const id =
      typeof member === 'object' && member !== null ? attributesOf(member, 'A member').get('value') : member;
    if (typeof id !== 'string' || id === '') throw scimFailure('invalidValue', 'A member needs a value.');
    return id;
  });
  return [...new Set(ids)];
}

/** Parses the group in the body of a `POST` or `PUT`, with its members; `undefined` if the body has none. */
export function parseGroup(body: unknown): { group: StatedGroup; members: readonly string[] | undefined } {
  const attributes = attributesOf(body, 'The body');
  const [members, externalId] = [attributes.get('members'), attributes.get('externalid')];
  return {
    group: {
      name: parseName(attributes.get('displayname')),
      externalId: externalId === undefined ? undefined : parseExternalId(externalId),
    },
    members: members === undefined || members === null ? undefined : parseMembers(members),
  };
}

/** Returns the id in a path such as `members[value eq "id"]`. Throws `invalidPath`. */
function memberInPath(filter: string): string {
  const parsed = parseFilter(filter, { value: 'text' });
  if (parsed.kind === 'text' && parsed.operator === 'eq') return parsed.value;
  throw scimFailure('invalidPath', 'A path can select a member by value eq.');
}

function memberChange({ op, path, value }: PatchOperation): MemberChange {
  if (path.filter !== null) {
    if (op !== 'remove') throw scimFailure('invalidPath', 'Only remove can select a member.');
    return { kind: 'remove', ids: [memberInPath(path.filter)] };
  }
  if (op !== 'remove') return { kind: op, ids: parseMembers(value) };
  return value === undefined || value === null
    ? { kind: 'clear' }
    : { kind: 'remove', ids: parseMembers(value) };
}

/** Returns a group after the operations of a `PATCH`, and the changes of its members in their order. */
export function patchGroup(
  before: StatedGroup,
  operations: readonly PatchOperation[],
): { group: StatedGroup; members: readonly MemberChange[] } {
  let group = before;
  const members: MemberChange[] = [];
  for (const operation of operations) {
    const { op, path, value } = operation;
    if (path.attribute === 'members') members.push(memberChange(operation));
    if (path.attribute === 'displayname') {
      if (op === 'remove') throw scimFailure('invalidValue', 'displayName cannot be removed.');
      group = { ...group, name: parseName(value) };
    }
    if (path.attribute === 'externalid') {
      group = { ...group, externalId: op === 'remove' ? null : parseExternalId(value) };
    }
  }
  return { group, members };
}

/** Returns the members after changes in their order. */
export function membersAfter(before: readonly string[], changes: readonly MemberChange[]): Set<string> {
  let members = new Set(before);
  for (const change of changes) {
    if (change.kind === 'clear' || change.kind === 'replace') members = new Set();
    if (change.kind === 'clear') continue;
    for (const id of change.ids) {
      if (change.kind === 'remove') members.delete(id);
      else members.add(id);
    }
  }
  return members;
}
