import { badInput, type InputIssue } from '../errors.ts';

/** Where the groups of a provider's people come from: the claims of their sign-ins and JWTs, or SCIM. */
export const GROUP_SOURCES = ['claim', 'scim'] as const;
export type GroupSource = (typeof GROUP_SOURCES)[number];

/** Which groups of a provider can have roles. */
export interface GroupSettings {
  /** The id of the provider. */
  readonly provider: string;
  /** The only source that counts. */
  readonly source: GroupSource;
  /** The groups that can have a role, compared exactly; `*` for all. Empty: groups give no roles. */
  readonly allowed: readonly string[] | '*';
}

/** A role that the members of a group have in a workspace. */
export interface GroupRole<R> {
  readonly provider: string;
  readonly group: string;
  readonly role: R;
}

/** Nothing longer is the name of a group, so that it fits into an index. */
const GROUP_LENGTH = 255;
/** Not a name of lines, and PostgreSQL stores no NUL. */
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** Returns whether a text can be the name of a group: 1 to 255 UTF-16 code units, none of them a control character. */
export function isGroupName(text: string): boolean {
  return text !== '' && text.length <= GROUP_LENGTH && !CONTROL.test(text);
}

/** Returns the name of a group, unchanged, because it is compared exactly. Throws `BAD_USER_INPUT`. */
export function parseGroupName(text: string, path: InputIssue['path']): string {
  if (isGroupName(text)) return text;
  throw badInput(path, `must have 1 to ${GROUP_LENGTH} characters and no control characters`);
}

/** Returns whether a group of a provider can have a role. */
export function canHaveRole(settings: readonly GroupSettings[], provider: string, group: string): boolean {
  const allowed = settings.find((each) => each.provider === provider)?.allowed ?? [];
  return allowed === '*' || allowed.includes(group);
}
