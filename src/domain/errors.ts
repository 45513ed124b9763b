import type { Role } from './roles.ts';
import type { Operation } from './scopes.ts';

/** The HTTP status and the RFC 6750 challenge of a code that refuses a whole request. */
interface ErrorEntry {
  /** The HTTP status if the request is refused before execution; an error of a field has the status 200. */
  readonly status: number;
  /** The `error` of `WWW-Authenticate: Bearer` (RFC 6750, section 3.1); if it is absent, no challenge is sent. */
  readonly challenge?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  /** For people; the code is the contract. */
  readonly message: string;
}

/** Every error of the API. Only this table assigns a status and a message to a code. */
export const ERRORS = {
  INVALID_AUTH_HEADER: {
    status: 400,
    challenge: 'invalid_request',
    message: 'The header with the credential is malformed, too long, or not the only one.',
  },
  INVALID_AUTH_SCHEME: {
    status: 401,
    challenge: 'invalid_request',
    message: 'Authorization must use the scheme Bearer or Basic.',
  },
  INVALID_TOKEN: { status: 401, challenge: 'invalid_token', message: 'The token is not valid.' },
  TOKEN_EXPIRED: { status: 401, challenge: 'invalid_token', message: 'The token has expired.' },
  TOKEN_REVOKED: { status: 401, challenge: 'invalid_token', message: 'The token was revoked.' },
  TOKEN_DISABLED: { status: 401, challenge: 'invalid_token', message: 'The token is disabled.' },
  TOKEN_USED_UP: { status: 401, challenge: 'invalid_token', message: 'The uses of the token are spent.' },
  ADDRESS_NOT_ALLOWED: {
    status: 403,
    challenge: 'insufficient_scope',
    message: 'The token does not allow requests from this address.',
  },
  TOKEN_NO_ACCESS: {
    status: 403,
    challenge: 'insufficient_scope',
    message: 'The token has no access: give it scopes or full access first.',
  },
  INVALID_SESSION: {
    status: 401,
    challenge: 'invalid_token',
    message: 'The session has ended: sign in again.',
  },
  BAD_REQUEST: { status: 400, message: 'The request is not a GraphQL request in JSON.' },
  // Clients compare the message, and some read it only from a response with the status 200.
  PERSISTED_QUERY_NOT_SUPPORTED: { status: 200, message: 'PersistedQueryNotSupported' },
  QUERY_TOO_COMPLEX: { status: 400, message: 'The document is too large.' },
  GRAPHQL_PARSE_FAILED: { status: 400, message: 'The document is not valid GraphQL.' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, message: 'The document does not fit the schema.' },
  BAD_VARIABLES: { status: 400, message: 'The variables do not fit the operation.' },
  CSRF_REJECTED: {
    status: 403,
    message: 'A request with the session cookie or Basic must come from the same origin.',
  },
  USER_CHANGED: {
    status: 409,
    message: 'The session cookie belongs to a different user than X-Postern-Expected-User.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The request body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The content type must be application/json.' },
  NOT_ACCEPTABLE: {
    status: 406,
    message: 'No media type in the Accept header is supported. Nothing was executed.',
  },
  RATE_LIMITED: { status: 429, message: 'Too many requests: try again later.' },
  UNAVAILABLE: { status: 503, message: 'Postern cannot answer right now: try again shortly.' },

  UNAUTHENTICATED: { status: 401, message: 'Sign in or present a token.' },
  FORBIDDEN: { status: 403, challenge: 'insufficient_scope', message: 'Not allowed.' },
  NOT_FOUND: { status: 404, message: 'Not found.' },
  BAD_USER_INPUT: { status: 400, message: 'A value is not valid.' },
  CONFLICT: { status: 409, message: 'This conflicts with the current state.' },
  LIMIT_REACHED: { status: 409, message: 'The limit is reached.' },
  INVALID_CREDENTIALS: { status: 401, message: 'The email or the password is wrong.' },
  TOO_MANY_ATTEMPTS: { status: 429, message: 'Too many attempts: try again later.' },
  INTERNAL_SERVER_ERROR: { status: 500, message: 'An internal error occurred.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** The message for each reason of `FORBIDDEN`; the key is `extensions.reason`. */
const REASONS = {
  ROLE_GATED: 'This needs a role, which a personal or a SCOPED token never has.',
  ROLE_REQUIRED: 'A higher role is required.',
  MISSING_SCOPE: 'The token lacks the scope for this.',
  SESSION_REQUIRED: 'This needs a signed-in person.',
  PASSWORD_CHANGE_REQUIRED: 'The password is temporary: choose another one with changePassword first.',
  POLICY: "The workspace's token policy forbids this.",
  ACCOUNT_EXISTS:
    'The address belongs to an account that this identity is not linked to: sign in to that account and link it.',
  NOT_INVITED: 'No account is linked to this identity, and the address has no open invitation.',
  DOMAIN: 'The identity provider states no verified address of a domain that is allowed to sign in.',
  DEACTIVATED: 'The account is deactivated.',
  EXCEEDS_CALLER: 'This would give more than the caller has.',
  REAUTHENTICATION_REQUIRED:
    'This needs a sign-in of the last 10 minutes: call the mutation reauthenticate, then repeat this call.',
} as const;

export type Reason = keyof typeof REASONS;

/** What would be sufficient: a role or a scope. Ids are global ids, as the caller sent them. */
export type Required =
  | { readonly role: Role }
  | { readonly operation: Operation; readonly entityType: string; readonly entityId: string | null };

/** An invalid value: its path in the arguments and what is wrong with it, never the value itself. */
export interface InputIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with a SCIM request (RFC 7644, section 3.12). */
export type ScimType =
  | 'uniqueness'
  | 'invalidFilter'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'invalidValue'
  | 'noTarget';

/** The details of an error; each is a key of `errors[].extensions`. */
export interface ErrorDetail {
  readonly reason?: Reason;
  readonly required?: Required;
  readonly issues?: readonly InputIssue[];
  /** Whole seconds until the caller can try again. */
  readonly retryAfter?: number;
  /** For the endpoints of SCIM only. */
  readonly scimType?: ScimType;
}

/** The error that domain and services throw. GraphQL and HTTP convert it to their own errors. */
export class PosternError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail = {}, message: string = ERRORS[code].message) {
    super(message);
    this.name = 'PosternError';
    this.code = code;
    this.detail = detail;
  }
}

/** Returns an error of the table, with the table's message unless another is given. */
export function failure(code: ErrorCode, message?: string): PosternError {
  return new PosternError(code, {}, message);
}

/** Returns the error `FORBIDDEN` with a reason. */
export function forbidden(reason: Reason, required?: Required): PosternError {
  return new PosternError('FORBIDDEN', required ? { reason, required } : { reason }, REASONS[reason]);
}

/** Returns the error `BAD_USER_INPUT` for one value. */
export function badInput(path: InputIssue['path'], message: string): PosternError {
  return new PosternError('BAD_USER_INPUT', { issues: [{ path, message }] });
}

/** Collects the issues of several values, so that one error reports all of them. */
export function inputCheck() {
  const issues: InputIssue[] = [];
  return {
    /** Runs a parser. Collects the issues of `BAD_USER_INPUT` and returns `undefined`; other errors pass through. */
    try<T>(parse: () => T): T | undefined {
      try {
        return parse();
      } catch (error) {
        if (error instanceof PosternError && error.code === 'BAD_USER_INPUT') {
          issues.push(...(error.detail.issues ?? []));
          return undefined;
        }
        throw error;
      }
    },
    /** Throws `BAD_USER_INPUT` with the collected issues, if there are any. */
    finish(): void {
      if (issues.length > 0) throw new PosternError('BAD_USER_INPUT', { issues });
    },
  };
}
