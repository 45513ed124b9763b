import type { CombinedError } from 'urql';
import type { ErrorCode, InputIssue, Reason } from '../../../src/domain/errors.ts';
import type { Role } from '../../../src/domain/roles.ts';
import { ROLE_NAMES } from '../labels.ts';

const OUTDATED = "This page doesn't match the server's version. Reload the page to update it.";

/** What the API refuses with, in words for people; where the server's own words are exact, they stand instead. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  INVALID_TOKEN: 'This secret opens nothing: it is mistyped, replaced or deleted.',
  TOKEN_EXPIRED: 'This token has expired. Regenerate it to use it again.',
  TOKEN_REVOKED: 'This token was revoked. Regenerate it to use it again.',
  TOKEN_DISABLED: 'This token is disabled. Enable it to use it again.',
  TOKEN_NO_ACCESS: 'This token has no access yet: give it scopes or full access first.',
  INVALID_SESSION: 'Your session ended before this was done. Sign in, then try again.',
  UNAUTHENTICATED: 'Your session ended before this was done. Sign in, then try again.',
  USER_CHANGED: 'The server refused this, because someone else is signed in in this browser now.',
  GRAPHQL_PARSE_FAILED: OUTDATED,
  GRAPHQL_VALIDATION_FAILED: OUTDATED,
  BAD_VARIABLES: OUTDATED,
  CSRF_REJECTED: 'The browser did not prove that this page asked. Reload the page and try again.',
  PAYLOAD_TOO_LARGE: 'This is too large to send.',
  RATE_LIMITED: 'Too many requests. Wait a moment and try again.',
  UNAVAILABLE: 'Postern cannot answer right now. Try again in a moment.',
  FORBIDDEN: 'You are not allowed to do this.',
  NOT_FOUND: 'This is not there, or not for you to see.',
  LIMIT_REACHED: 'The limit is reached: delete what is no longer needed first.',
  INVALID_CREDENTIALS: 'The email or the password is wrong.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on the server.',
};

const REASONS: Record<Reason, string> = {
  ROLE_GATED: 'This needs a role, and a personal token never has one.',
  ROLE_REQUIRED: 'Your role in this workspace does not allow this.',
  MISSING_SCOPE: 'The token has no scope for this.',
  SESSION_REQUIRED: 'Only a signed-in person may do this.',
  POLICY: "The workspace's token policy does not allow this.",
  EXCEEDS_CALLER: 'This would give more than you have yourself.',
};

const UNREACHABLE = "The server can't be reached. Check your connection.";

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

/** Whether an answer says that nobody is signed in. */
export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) =>
    ['UNAUTHENTICATED', 'INVALID_SESSION'].includes(extensionsOf(each).code ?? ''),
  );
}

function describeReason(reason: Reason, role: Role | undefined): string {
  return reason === 'ROLE_REQUIRED' && role ? `This needs the role ${ROLE_NAMES[role]}.` : REASONS[reason];
}

/** Whether the server refused to act because another person is signed in in this browser. */
export function isReplaced(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => extensionsOf(each).code === 'USER_CHANGED');
}

/** Whether the server refused a value of the request. */
export function isBadInput(error: CombinedError): boolean {
  return error.graphQLErrors.some((each) => extensionsOf(each).code === 'BAD_USER_INPUT');
}

/** Why `viewer.can` says no, in a sentence. */
export function describeDecision({ reason, required }: { reason: string | null; required: unknown }): string {
  if (reason && reason in REASONS) {
    return describeReason(reason as Reason, (required as Extensions['required'])?.role);
  }
  return SENTENCES[reason as ErrorCode] ?? 'This is not allowed.';
}

function describeOne(error: ApiError): string {
  const { code, reason, required, issues, retryAfter, requestId } = extensionsOf(error);
  if (issues?.length) return issues.map(({ path, message }) => `${labelOf(path)} ${message}.`).join(' ');
  if (code === 'TOO_MANY_ATTEMPTS') return `Too many attempts. Try again in ${formatWait(retryAfter ?? 60)}.`;
  if (reason) return describeReason(reason, required?.role);
  const sentence = (code && SENTENCES[code]) ?? error.message;
  return requestId ? `${sentence} If it stays, name the request ${requestId}.` : sentence;
}

function formatWait(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/** The last name of a path as a person would say it: `input.expires.at` is "Expires". */
function labelOf(path: InputIssue['path']): string {
  const name = path
    .filter((part) => typeof part === 'string' && !['input', 'at', 'after'].includes(part))
    .at(-1);
  const words = String(name ?? 'value')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase());
  return words;
}

/** What went wrong, in words for people. */
export function describeError(error: CombinedError): string {
  if (error.graphQLErrors.length === 0) return UNREACHABLE;
  return [...new Set(error.graphQLErrors.map(describeOne))].join(' ');
}
