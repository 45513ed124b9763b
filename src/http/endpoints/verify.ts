import { isEntityId } from '../../domain/entity-type.ts';
import {
  ERRORS,
  type ErrorCode,
  failure,
  forbidden,
  type PosternError,
  type Reason,
} from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Principal } from '../../domain/principal.ts';
import { isBuiltIn, OPERATIONS, type Operation } from '../../domain/scopes.ts';
import { createLruCache } from '../../platform/lru-cache.ts';
import {
  type AccessCheck,
  checkAccess,
  checkAccessSync,
  type Decision,
  EVERY_ENTITY,
  isAboutEvery,
} from '../../services/access/access-checks.ts';
import type { Services } from '../../services/services.ts';
import { recordUse } from '../../services/tokens/last-use.ts';
import type { AuthenticatedRequest, BearerAuthenticator } from '../auth/authenticate.ts';
import { callerOf } from '../auth/caller.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from '../message/message.ts';
import { bearerChallenge, errorResponse } from '../message/responses.ts';
import type { Endpoint, RequestContext } from '../request-context.ts';

/** Of the texts of questions, parsed ones that are kept. */
const QUESTION_CHARACTERS_KEPT = 256 * 1024;
const PARAMETERS = ['operation', 'entityType', 'entityId', 'workspaceId', 'any'];

/** What `/verify` is made of. */
export interface VerifyParts {
  readonly admission: BearerAuthenticator;
  readonly services: Pick<Services, 'db' | 'clock' | 'lastUse'>;
}

function parseOperation(text: string): Operation {
  const operation = OPERATIONS.find((name) => name === text.toUpperCase());
  if (!operation) throw failure('BAD_REQUEST', `operation must be one of ${OPERATIONS.join(', ')}.`);
  return operation;
}

/** The parameters of a query, each at most once and with a value: a proxy that fills in nothing must not ask for less. */
function parseParameters(search: string): Map<string, string> {
  const entries = [...new URLSearchParams(search)];
  const parameters = new Map(entries);
  const isKnown = entries.every(([name]) => PARAMETERS.includes(name));
  if (entries.length === 0 || !isKnown || parameters.size < entries.length) {
    throw failure('BAD_REQUEST', `Ask with ${PARAMETERS.join(', ')}, each at most once.`);
  }
  if (entries.some(([, value]) => value === '')) throw failure('BAD_REQUEST', 'A parameter has no value.');
  try {
    decodeURIComponent(search);
  } catch {
    // Each of them would read as the same replacement character, whatever the service behind the proxy makes of it.
    throw failure('BAD_REQUEST', 'The query is not percent-encoded UTF-8.');
  }
  return parameters;
}

/** Throws `BAD_REQUEST` on a question about a registered type that no workspace or no entity can be meant by. */
function requireRegistered(workspaceId: string | undefined, entityId: string | undefined): void {
  // Anybody may found a workspace and register any type there: a text without its workspace says nothing of whose it is.
  if (workspaceId === undefined) {
    throw failure('BAD_REQUEST', 'A registered entity type needs the workspaceId that it is registered in.');
  }
  if (entityId !== undefined && entityId !== EVERY_ENTITY && !isEntityId(entityId)) {
    throw failure('BAD_REQUEST', 'entityId has 1 to 200 characters, none of them a control character or *.');
  }
}

/** Parses a query string; `null` without one, where only the credential is in question. Throws `BAD_REQUEST`. */
function parseQuestion(search: string): AccessCheck | null {
  if (search === '') return null;
  const parameters = parseParameters(search);
  const operation = parameters.get('operation');
  const entityType = parameters.get('entityType');
  const entityId = parameters.get('entityId');
  const workspaceId = parameters.get('workspaceId');
  const any = parameters.get('any');
  if (operation === undefined || entityType === undefined) {
    throw failure('BAD_REQUEST', 'operation and entityType belong together.');
  }
  if (any !== undefined && (any !== 'true' || entityId !== undefined)) {
    throw failure('BAD_REQUEST', 'any can only be true, and only without an entityId.');
  }
  if (!isBuiltIn(entityType)) requireRegistered(workspaceId, entityId);
  return { operation: parseOperation(operation), entityType, entityId, workspaceId, any: any === 'true' };
}

/** Who is calling, as headers that a proxy hands on to the service behind it. */
function identityOf(principal: Principal): HttpHeaders {
  switch (principal.kind) {
    case 'ANONYMOUS':
      return {};
    case 'SESSION':
      return { 'x-postern-principal': principal.kind, ...userOf(principal) };
    case 'PERSONAL_TOKEN':
      return { 'x-postern-principal': principal.kind, ...userOf(principal), ...tokenOf(principal) };
    case 'WORKSPACE_TOKEN':
      return {
        'x-postern-principal': principal.kind,
        ...tokenOf(principal),
        'x-postern-workspace': toGlobalId('Workspace', principal.workspaceId),
        'x-postern-role': principal.role,
      };
  }
}

/** An address that nobody vouches for would be believed by the service behind the proxy: it is left out. */
function userOf({ userId, verifiedEmail }: { userId: string; verifiedEmail: string | null }): HttpHeaders {
  const user = { 'x-postern-user': toGlobalId('User', userId) };
  return verifiedEmail === null ? user : { ...user, 'x-postern-email': verifiedEmail };
}

function tokenOf({ tokenId }: { tokenId: string }): HttpHeaders {
  return { 'x-postern-token': toGlobalId('Token', tokenId) };
}

/** The error that the refused call itself would have answered. */
function errorOf({ reason, required }: Decision): PosternError {
  if (reason === null || reason in ERRORS) return failure((reason ?? 'FORBIDDEN') as ErrorCode);
  return forbidden(reason as Reason, required ?? undefined);
}

/**
 * The endpoint for proxies and services: may who sent this `Authorization` header do that? It answers `204` with who it
 * is, or the refusal. Whatever method the proxy uses, and whatever it says of the request that it asks for, counts nothing.
 *
 * Most callers are remembered, and most questions need no look-up. Then it answers in the same turn, without a promise:
 * each thing that is waited for costs 1 µs, and there were twelve on the way, where the rest of it takes 10 µs.
 */
export function createVerifyEndpoint({ admission, services }: VerifyParts): Endpoint {
  /** A proxy asks the same few questions again and again; anybody may ask others, of up to 16 KiB each. */
  const questions = createLruCache<AccessCheck | null>(QUESTION_CHARACTERS_KEPT);
  /**
   * What a caller was last answered about every entity of a type. That changes only by a commit, after which a caller is
   * another object (`principal-cache.ts`). What depends on shares is not kept: they also end by the clock.
   */
  const answered = new WeakMap<Principal, { readonly question: AccessCheck; readonly decision: Decision }>();

  function decideFromMemory(principal: Principal, question: AccessCheck): Decision | null {
    const last = answered.get(principal);
    return last?.question === question ? last.decision : checkAccessSync(principal, question);
  }

  async function decideByDatabase(principal: Principal, question: AccessCheck): Promise<Decision> {
    const decision = await checkAccess(services.db, principal, question, services.clock());
    if (isAboutEvery(question)) answered.set(principal, { question, decision });
    return decision;
  }

  function questionIn(search: string): AccessCheck | null {
    const known = questions.get(search);
    if (known !== undefined) return known;
    const question = parseQuestion(search);
    questions.set(search, question, search.length);
    return question;
  }

  function answer(
    request: HttpRequest,
    requestContext: RequestContext,
    { principal, credential }: AuthenticatedRequest,
    decision: Decision | null,
  ): HttpResponse {
    requestContext.principal = principal;
    if (decision && !decision.allowed) {
      // Proxies understand 401 and 403, and what is absent must not look different from what is hidden.
      const { status, challenge } = ERRORS.FORBIDDEN;
      const headers = { 'www-authenticate': bearerChallenge(challenge) };
      return errorResponse(errorOf(decision), requestContext, { status, headers });
    }
    recordUse(services, callerOf(request, requestContext, credential), principal);
    return { status: 204, headers: identityOf(principal), body: null };
  }

  async function answerLater(
    request: HttpRequest,
    requestContext: RequestContext,
    question: AccessCheck | null,
  ): Promise<HttpResponse> {
    const admitted = await admission.admit(request, requestContext.address);
    requestContext.principal = admitted.principal;
    if (admitted.principal.kind === 'ANONYMOUS') throw failure('UNAUTHENTICATED');
    const decision = question && (await decideByDatabase(admitted.principal, question));
    return answer(request, requestContext, admitted, decision);
  }

  return (request, requestContext) => {
    const question = questionIn(request.search);
    const admitted = admission.admitAtOnce(request);
    const decision = admitted && question && decideFromMemory(admitted.principal, question);
    if (!admitted || (question && !decision)) return answerLater(request, requestContext, question);
    return answer(request, requestContext, admitted, decision);
  };
}
