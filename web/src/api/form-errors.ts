import type { CombinedError } from 'urql';
import type { ErrorCode, InputIssue } from '../../../src/domain/errors.ts';
import { codeOf, describeApiError, issuesOf, sentenceOf, UNREACHABLE } from './errors.ts';

/** The messages of an error: one for the whole form, and one for each rejected field. */
export interface FormErrors<Field extends string> {
  /** The message of the whole form; `null` if every issue is shown beside its field. */
  readonly problem: string | null;
  readonly errors: Readonly<Partial<Record<Field, string>>>;
}

/** The messages of error codes without issues that are about one field, for forms that have it. */
const FIELD_MESSAGES: readonly {
  readonly code: ErrorCode;
  readonly field: string;
  readonly message: string;
}[] = [
  { code: 'INVALID_CREDENTIALS', field: 'currentPassword', message: 'This password is incorrect.' },
  {
    code: 'NOT_FOUND',
    field: 'invitation',
    message:
      "This invitation isn't valid. It may be incomplete, used, expired, canceled or for another account.",
  },
  {
    code: 'NOT_FOUND',
    field: 'resetLink',
    message: "This link doesn't work. It may be incomplete, used, replaced or expired. Ask for a new one.",
  },
];

/** Returns the path of an issue below the input object: `expires.at` for `["input", "expires", "at"]`. */
function pathOf({ path }: InputIssue): string {
  return path.filter((part, index) => index > 0 || part !== 'input').join('.');
}

/** Returns the most specific of the fields that contain a path. */
function fieldFor<Field extends string>(path: string, fields: readonly Field[]): Field | undefined {
  return fields
    .filter((field) => path === field || path.startsWith(`${field}.`))
    .sort((a, b) => b.length - a.length)[0];
}

/**
 * Assigns each input issue of an error to the field of the form that its path names. Issues of other paths, and errors
 * without issues, become the message of the form.
 */
export function describeFormError<Field extends string>(
  error: CombinedError | undefined,
  fields: readonly Field[],
): FormErrors<Field> {
  const errors: Partial<Record<Field, string>> = {};
  if (!error) return { problem: null, errors };
  if (error.graphQLErrors.length === 0) return { problem: UNREACHABLE, errors };
  const names: readonly string[] = fields;
  const rest = new Set<string>();
  for (const each of error.graphQLErrors) {
    const issues = issuesOf(each);
    if (issues.length === 0) {
      const about = FIELD_MESSAGES.find(({ code, field }) => code === codeOf(each) && names.includes(field));
      if (about) errors[about.field as Field] = about.message;
      else rest.add(describeApiError(each));
    }
    for (const issue of issues) {
      const field = fieldFor(pathOf(issue), fields);
      if (field) errors[field] ??= sentenceOf(issue, 'This');
      else rest.add(sentenceOf(issue));
    }
  }
  return { problem: [...rest].join(' ') || null, errors };
}
