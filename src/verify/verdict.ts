/** The operations that Postern knows, as its API names them. */
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

/** Who a credential belongs to, and that it may do what was asked. Ids are opaque. */
export interface Allowed {
  readonly allowed: true;
  readonly principal: 'SESSION' | 'PERSONAL_TOKEN' | 'WORKSPACE_TOKEN';
  /** The signed-in user, or the owner of the personal token; `null` for a workspace token. */
  readonly user: string | null;
  /** The email of that user; `null` while it is unverified. Identify people by `user`: an email can change hands. */
  readonly email: string | null;
  /** `null` for a session. */
  readonly token: string | null;
  /** The workspace of a workspace token, and the role that it acts with there; `null` for other callers. */
  readonly workspace: string | null;
  readonly role: string | null;
}

/** Why not. */
export interface Refused {
  readonly allowed: false;
  /** What to answer the client with; 503 where Postern could not be asked, or did not answer as it should. */
  readonly status: 400 | 401 | 403 | 429 | 503;
  /** A code of Postern's, such as `TOKEN_EXPIRED` or `FORBIDDEN`. */
  readonly code: string;
  /** What refines the code, such as `MISSING_SCOPE`. */
  readonly reason: string | null;
  /** What would have been enough: a role, or an operation on an entity. */
  readonly required: Readonly<Record<string, unknown>> | null;
  /** The header of the same name, for the client. */
  readonly wwwAuthenticate: string | null;
  /** Whole seconds until another try makes sense. */
  readonly retryAfter: number | null;
}

export type Verdict = Allowed | Refused;

const CODES = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
} as const;

/** A refusal of a status, with what is known of it. */
export function refused(status: Refused['status'], details: Partial<Refused> = {}): Refused {
  const unknown = { reason: null, required: null, wwwAuthenticate: null, retryAfter: null };
  return Object.freeze({ allowed: false, status, code: CODES[status], ...unknown, ...details });
}

function isRefusal(status: number): status is Refused['status'] {
  return status in CODES;
}

function isPrincipal(text: string | null): text is Allowed['principal'] {
  return text === 'SESSION' || text === 'PERSONAL_TOKEN' || text === 'WORKSPACE_TOKEN';
}

function toAllowed(headers: Headers): Verdict {
  const principal = headers.get('X-Postern-Principal');
  // Whoever else says 204 has not said that the caller may.
  if (!isPrincipal(principal)) return refused(503);
  return Object.freeze({
    allowed: true,
    principal,
    user: headers.get('X-Postern-User'),
    email: headers.get('X-Postern-Email'),
    token: headers.get('X-Postern-Token'),
    workspace: headers.get('X-Postern-Workspace'),
    role: headers.get('X-Postern-Role'),
  });
}

/** The `extensions` of the error in a body; what is not there, or not as it should be, is left out. */
function detailsOf(body: unknown): Partial<Refused> {
  const errors = (body as { errors?: unknown } | null)?.errors;
  const error: unknown = Array.isArray(errors) ? errors[0] : null;
  const { code, reason, required } =
    (error as { extensions?: Partial<Record<keyof Refused, unknown>> } | null)?.extensions ?? {};
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof required === 'object' && { required: required as Refused['required'] }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What an answer of `/verify` says. Rejects where the answer breaks off. */
export async function toVerdict(response: Response): Promise<Verdict> {
  const { status, headers } = response;
  const text = await response.text();
  if (status === 204) return toAllowed(headers);
  if (!isRefusal(status)) return refused(503);
  const retryAfter = Number(headers.get('Retry-After') ?? Number.NaN);
  return refused(status, {
    ...detailsOf(parseJson(text)),
    wwwAuthenticate: headers.get('WWW-Authenticate'),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
  });
}
