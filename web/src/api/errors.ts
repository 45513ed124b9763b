import type { CombinedError } from 'urql';
import type { ErrorCode, InputIssue, Reason } from '../../../src/domain/errors.ts';
import type { Role } from '../../../src/domain/roles.ts';
import { counted, ROLE_NAMES } from '../labels.ts';

const OUTDATED = "This page doesn't match the server's version. Reload the page to update it.";

/**
 * The messages of error codes. The server's own message is used for a code that is absent here: it says which limit is
 * reached, or what a change conflicts with.
 */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  INVALID_TOKEN: "This secret isn't valid. It may be mistyped, replaced or deleted.",
  TOKEN_EXPIRED: 'This token has expired. Regenerate it to use it again.',
  TOKEN_REVOKED: 'This token was revoked. Regenerate it to use it again.',
  TOKEN_USED_UP: 'All uses of this token are spent. Edit it to give it new ones.',
  ADDRESS_NOT_ALLOWED: 'This token does not allow requests from your address.',
  TOKEN_DISABLED: 'This token is disabled. Enable it to use it again.',
  TOKEN_NO_ACCESS: 'This token has no access. Give it scopes or full access first.',
  INVALID_SESSION: 'Your session ended before this finished. Sign in, then try again.',
  UNAUTHENTICATED: 'Your session ended before this finished. Sign in, then try again.',
  USER_CHANGED: 'The server refused this because someone else is now signed in in this browser.',
  GRAPHQL_PARSE_FAILED: OUTDATED,
  GRAPHQL_VALIDATION_FAILED: OUTDATED,
  BAD_VARIABLES: OUTDATED,
  CSRF_REJECTED: "The server couldn't verify where this request came from. Reload the page and try again.",
  PAYLOAD_TOO_LARGE: 'This is too large. Shorten it and try again.',
  RATE_LIMITED: 'Too many requests. Wait a moment and try again.',
  UNAVAILABLE: 'The server is temporarily unavailable. Try again in a moment.',
  NOT_FOUND: "This doesn't exist, or you don't have access.",
  INVALID_CREDENTIALS: 'The email or password is incorrect.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on the server.',
};

const REASONS: Record<Reason, string> = {
  ROLE_GATED: "This requires a workspace role, which personal tokens don't have.",
  ROLE_REQUIRED: "Your role in this workspace doesn't allow this.",
  MISSING_SCOPE: 'The token has no scope for this.',
  SESSION_REQUIRED: 'Only a signed-in user can do this.',
  PASSWORD_CHANGE_REQUIRED: 'Choose your own password first.',
  POLICY: "The workspace's token policy doesn't allow this.",
  ACCOUNT_EXISTS:
    'An account with this address exists. Sign in to it with your password or another provider, then link this identity on the account page.',
  NOT_INVITED: 'You have no account here yet. Ask for an invitation to your address, then sign in again.',
  DOMAIN: 'Your provider states no verified address of a domain that can sign in here.',
  DEACTIVATED: 'Your account is deactivated. Ask an administrator.',
  EXCEEDS_CALLER: 'This would grant more access than you have.',
  REAUTHENTICATION_REQUIRED: 'Confirm who you are to do this.',
};

/** The message of a request without a response of the API. */
export const UNREACHABLE = "The server can't be reached. Check your connection.";

/** The message of a change without a response of the API, which can have arrived all the same. */
export const UNANSWERED =
  "The server can't be reached. Check your connection, and whether this took effect, before you try again.";

interface Extensions {
  readonly code?: ErrorCode;
  readonly reason?: Reason;
  readonly required?: { readonly role?: Role };
  readonly issues?: readonly InputIssue[];
  readonly retryAfter?: number;
  readonly requestId?: string;
}

type ApiError = CombinedError['graphQLErrors'][number];

function extensionsOf(error: ApiError): Extensions {
  return error.extensions as Extensions;
}

/** Returns the code of an error. */
export function codeOf(error: ApiError): ErrorCode {
  return extensionsOf(error).code ?? 'INTERNAL_SERVER_ERROR';
}

/** Returns the message of an error by its code alone; `null` if the code has none. */
export function describeCode(code: string): string | null {
  return SENTENCES[code as ErrorCode] ?? null;
}

/** Whether the error says that no user is signed in. */
export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => ['UNAUTHENTICATED', 'INVALID_SESSION'].includes(codeOf(each)));
}

/** Whether the user has to replace a generated password first. */
export function isPasswordTemporary(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => extensionsOf(each).reason === 'PASSWORD_CHANGE_REQUIRED');
}

function describeReason(reason: Reason, role: Role | undefined): string {
  return reason === 'ROLE_REQUIRED' && role ? `This requires the ${ROLE_NAMES[role]} role.` : REASONS[reason];
}

/** Whether the server refused the request because another user is signed in in this browser. */
export function isReplaced(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => codeOf(each) === 'USER_CHANGED');
}

/** Whether the change requires that the user has signed in recently. */
export function isReauthenticationRequired(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => extensionsOf(each).reason === 'REAUTHENTICATION_REQUIRED');
}

/** Whether the user is not allowed to do this, or not any more. */
export function isLostAccess(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => ['FORBIDDEN', 'NOT_FOUND'].includes(codeOf(each)));
}

/** Whether the server rejected an input value. */
export function isBadInput(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => codeOf(each) === 'BAD_USER_INPUT');
}

/** Returns a sentence for a denied decision of `viewer.can`. */
export function describeDecision({ reason, required }: { reason: string | null; required: unknown }): string {
  if (reason && reason in REASONS) {
    return describeReason(reason as Reason, (required as Extensions['required'])?.role);
  }
  return SENTENCES[reason as ErrorCode] ?? 'This is not allowed.';
}

/** Returns a readable message for one error of a response. */
export function describeApiError(error: ApiError): string {
  const { code, reason, required, issues, retryAfter, requestId } = extensionsOf(error);
  if (issues?.length) return issues.map((issue) => sentenceOf(issue)).join(' ');
  if (code === 'TOO_MANY_ATTEMPTS') return `Too many attempts. Try again in ${formatWait(retryAfter ?? 60)}.`;
  if (reason) return describeReason(reason, required?.role);
  const sentence = (code && SENTENCES[code]) ?? error.message;
  return requestId ? `${sentence} If this continues, report request ${requestId}.` : sentence;
}

function formatWait(seconds: number): string {
  return seconds < 90 ? counted(seconds, 'second') : counted(Math.ceil(seconds / 60), 'minute');
}

/** Returns the label of the field that a path ends in: `input.expires.at` is "Expires". */
function labelOf(path: InputIssue['path']): string {
  const name = path
    .filter((part) => typeof part === 'string' && !['input', 'at', 'after'].includes(part))
    .at(-1);
  return String(name ?? 'value')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase());
}

/**
 * Returns an issue as a sentence. A message that lacks a subject gets one: the label of its field, or `subject` if the
 * sentence is shown beside the field.
 */
export function sentenceOf({ path, message }: InputIssue, subject: string = labelOf(path)): string {
  const sentence = /^(?:is|has|must) /.test(message) ? `${subject} ${message}` : message;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`.replace(/\.?$/, '.');
}

/** Returns the rejected input values of an error. */
export function issuesOf(error: ApiError): readonly InputIssue[] {
  return extensionsOf(error).issues ?? [];
}

/** Returns a readable message for an error. */
export function describeError(error: CombinedError): string {
  if (error.graphQLErrors.length === 0) return UNREACHABLE;
  return [...new Set(error.graphQLErrors.map(describeApiError))].join(' ');
}
