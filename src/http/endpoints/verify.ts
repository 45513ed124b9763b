import { type Decision, denialError } from '../../domain/decision.ts';
import { ENTITY_ID_RULE, isEntityId } from '../../domain/entity-type.ts';
import { ERRORS, failure, PosternError } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { hasLimits, type Principal, requirePermanentPassword } from '../../domain/principal.ts';
import { isBuiltIn, type Operation } from '../../domain/scopes.ts';
import { createLruCache } from '../../platform/lru-cache.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import { type AccessCheck, EVERY_ENTITY, isAboutEvery } from '../../services/access/access-checks.ts';
import { recordUse } from '../../services/access/last-use.ts';
import type { Services } from '../../services/services.ts';
import type { AuthenticatedRequest, AuthenticateRequest } from '../auth/authenticate.ts';
import { callerOf } from '../auth/caller.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from '../message/message.ts';
import { BASIC_CHALLENGE, bearerChallenge, errorResponse } from '../message/responses.ts';
import type { Endpoint, RequestContext } from '../request-context.ts';

/** The total length of the query strings whose parsed checks are cached. */
const CACHED_CHARACTERS_MAX = 256 * 1024;
const PARAMETERS = ['operation', 'entityType', 'entityId', 'workspaceId', 'any', 'challenge'];

/** The dependencies of `/verify`. */
export interface VerifyParts {
  readonly authenticateRequest: AuthenticateRequest;
  readonly services: Pick<Services, 'access' | 'clock' | 'lastUse' | 'uses'>;
}

/** Lower case and `-` are for URLs. The text is checked before it is folded, since folding maps other letters to ASCII. */
const OPERATION = /^[A-Za-z][A-Za-z0-9_-]{0,49}$/;

function parseOperation(text: string): Operation {
  if (!OPERATION.test(text)) {
    throw failure('BAD_REQUEST', 'operation must be a name of up to 50 ASCII letters, digits, _ and -.');
  }
  return text.toUpperCase().replaceAll('-', '_');
}

/** Returns the parameters of a query, each at most once and with a value. An empty one is refused: it would widen the check. */
function parseParameters(search: string): Map<string, string> {
  const entries = [...new URLSearchParams(search)];
  const parameters = new Map(entries);
  const isKnown = entries.every(([name]) => PARAMETERS.includes(name));
  if (entries.length === 0 || !isKnown || parameters.size < entries.length) {
    throw failure('BAD_REQUEST', `Use only the parameters ${PARAMETERS.join(', ')}, each at most once.`);
  }
  if (entries.some(([, value]) => value === '')) throw failure('BAD_REQUEST', 'A parameter has no value.');
  try {
    decodeURIComponent(search);
  } catch {
    // Malformed bytes all decode to the same replacement character, but the service behind the proxy may tell them apart.
    throw failure('BAD_REQUEST', 'The query is not percent-encoded UTF-8.');
  }
  return parameters;
}

/** Throws `BAD_REQUEST` if a check about a registered type has no workspace or an invalid entity id. */
function requireRegistered(workspaceId: string | undefined, entityId: string | undefined): void {
  // Every user can create a workspace and register any type in it, so the type alone does not identify an entity.
  if (workspaceId === undefined) {
    throw failure('BAD_REQUEST', 'A registered entity type requires the workspaceId of its workspace.');
  }
  if (entityId !== undefined && entityId !== EVERY_ENTITY && !isEntityId(entityId)) {
    throw failure('BAD_REQUEST', `entityId ${ENTITY_ID_RULE}.`);
  }
}

/** The query of a request. */
interface Query {
  /** `null` if only the credential is verified. */
  readonly check: AccessCheck | null;
  /** Whether a 401 asks for Basic, as clients such as git need. */
  readonly asksForBasic: boolean;
}

/** Parses a query string. Throws `BAD_REQUEST`. */
function parseQuery(search: string): Query {
  if (search === '') return { check: null, asksForBasic: false };
  const parameters = parseParameters(search);
  const challenge = parameters.get('challenge');
  if (challenge !== undefined && challenge !== 'basic')
    throw failure('BAD_REQUEST', 'challenge must be basic.');
  const isAlone = challenge !== undefined && parameters.size === 1;
  return { check: isAlone ? null : parseCheck(parameters), asksForBasic: challenge !== undefined };
}

/** Returns the check that parameters describe. Throws `BAD_REQUEST`. */
function parseCheck(parameters: ReadonlyMap<string, string>): AccessCheck {
  const operation = parameters.get('operation');
  const entityType = parameters.get('entityType');
  const entityId = parameters.get('entityId');
  const workspaceId = parameters.get('workspaceId');
  const any = parameters.get('any');
  if (operation === undefined || entityType === undefined) {
    throw failure('BAD_REQUEST', 'operation and entityType must be given together.');
  }
  if (any !== undefined && (any !== 'true' || entityId !== undefined)) {
    throw failure('BAD_REQUEST', 'any must be true, and requires that entityId is absent.');
  }
  if (!isBuiltIn(entityType)) requireRegistered(workspaceId, entityId);
  return { operation: parseOperation(operation), entityType, entityId, workspaceId, any: any === 'true' };
}

/**
 * Returns the caller's identity, as headers that a proxy passes to the service behind it, and whether a verifier may reuse the
 * decision: never for a token whose requests are limited. The headers are set one by one, because joining objects takes
 * half a microsecond.
 */
function headersOf(principal: Principal): HttpHeaders {
  if (principal.kind === 'ANONYMOUS') return {};
  const headers: HttpHeaders = { 'x-postern-principal': principal.kind };
  if (principal.kind === 'WORKSPACE_TOKEN') {
    headers['x-postern-workspace'] = toGlobalId('Workspace', principal.workspaceId);
    headers['x-postern-role'] = principal.role;
    // A header is ASCII, so the subject is percent-encoded UTF-8.
    if (principal.subject !== null) headers['x-postern-subject'] = encodeURIComponent(principal.subject);
  } else {
    headers['x-postern-user'] = toGlobalId('User', principal.userId);
    // The service behind the proxy would trust an unverified address.
    if (principal.verifiedEmail !== null) headers['x-postern-email'] = principal.verifiedEmail;
  }
  if (principal.kind !== 'SESSION') headers['x-postern-token'] = toGlobalId('Token', principal.tokenId);
  if (hasLimits(principal)) headers['x-postern-cache'] = 'no';
  return headers;
}

/**
 * Returns the endpoint for proxies and services. It checks whether the caller of the `Authorization` header is allowed an
 * operation, and responds with `204` and the caller's identity, or with the error. The method of the request and what the
 * proxy says about the original request do not matter.
 *
 * Most callers are cached, and most checks need no look-up. Then the response is synchronous: each promise costs 1 µs,
 * and the rest of a request takes 10 µs.
 */
export function createVerifyEndpoint({ authenticateRequest, services }: VerifyParts): Endpoint {
  /** A proxy repeats the same few checks; others can send any check, of up to 16 KiB each. */
  const parsedQueries = createLruCache<Query>(CACHED_CHARACTERS_MAX);
  /**
   * The last decision on a caller about every entity of a type. It changes only by a commit, after which the caller is
   * another object (`principal-cache.ts`), or when its grant ends. A decision that depends on shares is not cached: shares
   * also expire.
   */
  const lastDecisions = new WeakMap<
    Principal,
    { readonly check: AccessCheck; readonly decision: Decision }
  >();

  function queryOf(search: string): Query {
    const cached = parsedQueries.get(search);
    if (cached !== undefined) return cached;
    const query = parseQuery(search);
    parsedQueries.set(search, query, search.length);
    return query;
  }

  /** As time passes, a policy can only close a workspace, so a denial stays. */
  function isCurrent(decision: Decision): boolean {
    return !decision.allowed || decision.endsAt === null || services.clock() < decision.endsAt;
  }

  function decide(principal: Principal, check: AccessCheck): MaybePromise<Decision> {
    const last = lastDecisions.get(principal);
    if (last?.check === check && isCurrent(last.decision)) return last.decision;
    const decision = services.access.check(principal, check);
    if (!(decision instanceof Promise) || !isAboutEvery(check)) return decision;
    return decision.then((loaded) => {
      lastDecisions.set(principal, { check, decision: loaded });
      return loaded;
    });
  }

  function respond(
    request: HttpRequest,
    requestContext: RequestContext,
    { principal, credential }: AuthenticatedRequest,
    decision: Decision | null,
  ): MaybePromise<HttpResponse> {
    if (decision && !decision.allowed) {
      // Proxies understand 401 and 403, and an absent entity must not look different from a hidden one.
      const { status, challenge } = ERRORS.FORBIDDEN;
      const headers = { 'www-authenticate': bearerChallenge(challenge) };
      return errorResponse(denialError(decision), requestContext, { status, headers });
    }
    return andThen(services.uses.take(principal), () => {
      recordUse(services, callerOf(request, requestContext, { credential, principal }), principal);
      return { status: 204, headers: headersOf(principal), body: null };
    });
  }

  function verify(
    request: HttpRequest,
    requestContext: RequestContext,
    check: AccessCheck | null,
  ): MaybePromise<HttpResponse> {
    return andThen(authenticateRequest(request, requestContext.address), (authenticated) => {
      const { principal } = authenticated;
      requestContext.principal = principal;
      if (principal.kind === 'ANONYMOUS') throw failure('UNAUTHENTICATED');
      requirePermanentPassword(principal);
      return andThen(check && decide(principal, check), (decision) =>
        respond(request, requestContext, authenticated, decision),
      );
    });
  }

  return (request, requestContext) => {
    const { check, asksForBasic } = queryOf(request.search);
    return asksForBasic
      ? challengeByBasic(requestContext, async () => verify(request, requestContext, check))
      : verify(request, requestContext, check);
  };
}

/** Returns the response of `verify`; if it throws an error with the status 401, one that asks for Basic. */
async function challengeByBasic(
  requestContext: RequestContext,
  verify: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await verify();
  } catch (error) {
    const isRefusal = error instanceof PosternError && ERRORS[error.code].status === 401;
    if (!isRefusal) throw error;
    return errorResponse(error, requestContext, { headers: { 'www-authenticate': BASIC_CHALLENGE } });
  }
}
