/** A built-in operation of Postern. Registered entity types declare others. */
export type Operation =
  | 'CREATE'
  | 'READ'
  | 'LIST'
  | 'UPDATE'
  | 'DELETE'
  | 'SHARE'
  | 'UNSHARE'
  | 'PUBLISH'
  | 'SUBSCRIBE';

/** The caller has access. Ids are opaque. */
export interface Allowed {
  readonly allowed: true;
  readonly principal: 'SESSION' | 'PERSONAL_TOKEN' | 'WORKSPACE_TOKEN';
  /** The signed-in user, or the owner of the personal token; `null` for a workspace token. */
  readonly user: string | null;
  /** The email of that user; `null` while it is unverified. Identify people by `user`, because an email can change hands. */
  readonly email: string | null;
  /** The id of the token; `null` for a session. */
  readonly token: string | null;
  /** The workspace of a workspace token; `null` for other callers. */
  readonly workspace: string | null;
  /** The role of a workspace token in its workspace; `null` for other callers. */
  readonly role: string | null;
  /** The customer or thing that a workspace token stands for; `null` if it stands for none. */
  readonly subject: string | null;
}

/** The caller has no access, or Postern could not be reached. */
export interface Denied {
  readonly allowed: false;
  /** The HTTP status for the client. 503 if Postern could not be reached or sent an invalid response. */
  readonly status: 400 | 401 | 403 | 429 | 503;
  /** An error code of Postern, such as `TOKEN_EXPIRED` or `FORBIDDEN`. */
  readonly code: string;
  /** Refines the code, for example `MISSING_SCOPE`; `null` if there is nothing to add. */
  readonly reason: string | null;
  /** What would give access, such as a role, or an operation on an entity; `null` if unknown. */
  readonly required: Readonly<Record<string, unknown>> | null;
  /** The value of the `WWW-Authenticate` header for the client, or `null`. */
  readonly wwwAuthenticate: string | null;
  /** Whole seconds until the client should retry, or `null`. */
  readonly retryAfter: number | null;
}

/** The result of a check. `allowed` distinguishes the two cases. */
export type Decision = Allowed | Denied;

const CODES = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
} as const;

/** Returns a denial with the default code of its status; `details` override the defaults. */
export function denied(status: Denied['status'], details: Partial<Denied> = {}): Denied {
  const unknown = { reason: null, required: null, wwwAuthenticate: null, retryAfter: null };
  return Object.freeze({ allowed: false, status, code: CODES[status], ...unknown, ...details });
}

function isDenial(status: number): status is Denied['status'] {
  return status in CODES;
}

function isPrincipal(text: string | null): text is Allowed['principal'] {
  return text === 'SESSION' || text === 'PERSONAL_TOKEN' || text === 'WORKSPACE_TOKEN';
}

/** Returns the subject in a header, which is percent-encoded UTF-8. Throws if it is malformed. */
function subjectOf(headers: Headers): string | null {
  const subject = headers.get('X-Postern-Subject');
  return subject === null ? null : decodeURIComponent(subject);
}

function toAllowed(headers: Headers): Decision {
  const principal = headers.get('X-Postern-Principal');
  // A 204 from another server is no permission.
  if (!isPrincipal(principal)) return denied(503);
  return Object.freeze({
    allowed: true,
    principal,
    user: headers.get('X-Postern-User'),
    email: headers.get('X-Postern-Email'),
    token: headers.get('X-Postern-Token'),
    workspace: headers.get('X-Postern-Workspace'),
    role: headers.get('X-Postern-Role'),
    subject: subjectOf(headers),
  });
}

/** Returns the `extensions` of the first error in a body, without absent or malformed values. */
function detailsOf(body: unknown): Partial<Denied> {
  const errors = (body as { errors?: unknown } | null)?.errors;
  const error: unknown = Array.isArray(errors) ? errors[0] : null;
  const { code, reason, required } =
    (error as { extensions?: Partial<Record<keyof Denied, unknown>> } | null)?.extensions ?? {};
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof required === 'object' && { required: required as Denied['required'] }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns whether the decision in a response may be reused. Postern forbids it for a token with limits. */
export function isReusable({ headers }: Response): boolean {
  return headers.get('X-Postern-Cache') !== 'no';
}

/** Returns the decision in a response of `/verify`. Rejects if the response breaks off or is malformed. */
export async function toDecision(response: Response): Promise<Decision> {
  const { status, headers } = response;
  const text = await response.text();
  if (status === 204) return toAllowed(headers);
  if (!isDenial(status)) return denied(503);
  const retryAfter = Number(headers.get('Retry-After') ?? Number.NaN);
  return denied(status, {
    ...detailsOf(parseJson(text)),
    wwwAuthenticate: headers.get('WWW-Authenticate'),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
  });
}
