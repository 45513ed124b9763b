import { globalEntityId } from '../../domain/authority.ts';
import { ERRORS, type ErrorCode, failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { ScopeRule } from '../../domain/scopes.ts';
import { domainErrorOf, toGraphQLError } from '../../graphql/errors.ts';
import type { TokenDescription } from '../../services/access/introspection.ts';
import { recordUse } from '../../services/access/last-use.ts';
import type { Services } from '../../services/services.ts';
import type { AuthenticateRequest } from '../auth/authenticate.ts';
import { callerOf } from '../auth/caller.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import { readForm } from '../message/body.ts';
import type { HttpRequest } from '../message/message.ts';
import { postOnly } from '../message/methods.ts';
import { httpOf, jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';

const MILLISECONDS = 1000;

/** What `/oauth/*` is made of. */
export interface OAuthParts {
  readonly authenticateRequest: AuthenticateRequest;
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'clock' | 'lastUse' | 'introspection' | 'leaks'>;
  /** The issuer that a request reaches. */
  readonly issuerOf: (request: HttpRequest) => string;
}

/** The `error` of an OAuth answer (RFC 6749, section 5.2; RFC 6750, section 3.1) for a code of ours. */
function oauthErrorOf(code: ErrorCode): string {
  const entry = ERRORS[code];
  if ('challenge' in entry) return entry.challenge;
  if (code === 'UNAUTHENTICATED') return 'invalid_client';
  return entry.status === 429 || entry.status >= 500 ? 'temporarily_unavailable' : 'invalid_request';
}

/** Answers to `POST`, refusals in the shape that OAuth clients read. */
function oauthEndpoint(answer: Endpoint): Endpoint {
  return postOnly(async (request, requestContext) => {
    try {
      return await answer(request, requestContext);
    } catch (error) {
      const known = domainErrorOf(error);
      if (!known) throw error;
      const { status, headers } = httpOf(toGraphQLError(known, requestContext.requestId));
      const body = { error: oauthErrorOf(known.code), error_description: known.message };
      return jsonResponse(body, status, headers);
    }
  });
}

/** The token that a form names. Throws `BAD_REQUEST` where it is missing, and where anything is said twice. */
async function readToken(request: HttpRequest): Promise<string> {
  const form = await readForm(request);
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw failure('BAD_REQUEST', 'A parameter was sent twice.');
  const token = form.get('token');
  if (!token) throw failure('BAD_REQUEST', 'The parameter token is missing.');
  return token;
}

/** A rule as OAuth scopes: `channel:publish`, with `:` and the id of one entity, with `@` and the workspace where asked. */
function scopesOf(rule: ScopeRule, namesWorkspace: boolean): string[] {
  const { entityType, entityId, workspaceId, operations } = rule;
  const entity = entityId === null ? '' : `:${encodeURIComponent(globalEntityId(entityType, entityId))}`;
  const workspace = namesWorkspace && workspaceId !== null ? `@${toGlobalId('Workspace', workspaceId)}` : '';
  return operations.map((operation) => `${entityType}:${operation.toLowerCase()}${entity}${workspace}`);
}

/** A rule by the names of the API. */
function toPublicScope({ entityType, entityId, workspaceId, operations }: ScopeRule) {
  return {
    entityType,
    entityId: entityId === null ? null : globalEntityId(entityType, entityId),
    workspaceId: workspaceId === null ? null : toGlobalId('Workspace', workspaceId),
    operations,
  };
}

/** What stands in an answer about each kind of holder. */
function holderOf({ principal }: TokenDescription) {
  if (principal.kind === 'WORKSPACE_TOKEN') {
    const workspace = toGlobalId('Workspace', principal.workspaceId);
    return { names: { sub: workspace }, details: { workspace, role: principal.role } };
  }
  const { userId, verifiedEmail } = principal;
  return {
    names: { sub: toGlobalId('User', userId), ...(verifiedEmail !== null && { username: verifiedEmail }) },
    details: { workspace: null, role: null },
  };
}

/** The answer about an active token, RFC 7662, section 2.2. */
function toIntrospection(description: TokenDescription, issuer: string, namesWorkspace: boolean) {
  const { principal, token, scopes } = description;
  const { names, details } = holderOf(description);
  const scope = scopes.flatMap((rule) => scopesOf(rule, namesWorkspace)).join(' ');
  const id = toGlobalId('Token', token.id);
  return {
    active: true,
    ...(scope !== '' && { scope }),
    client_id: id,
    ...names,
    token_type: 'Bearer',
    ...(principal.endsAt !== null && { exp: Math.floor(principal.endsAt / MILLISECONDS) }),
    iat: Math.floor(token.issuedAt / MILLISECONDS),
    iss: issuer,
    postern: {
      principal: principal.kind,
      token: id,
      ...details,
      access: token.access,
      scopes: scopes.map(toPublicScope),
    },
  };
}

/** Token introspection (RFC 7662) for sessions and workspace tokens, of what concerns them. */
export function createIntrospectionEndpoint({
  authenticateRequest,
  services,
  issuerOf,
}: OAuthParts): Endpoint {
  return oauthEndpoint(async (request, requestContext) => {
    const { principal, credential } = await authenticateRequest(request, requestContext.address);
    requestContext.principal = principal;
    const secret = await readToken(request);
    const description = await services.introspection.describe(principal, secret);
    recordUse(services, callerOf(request, requestContext, credential), principal);
    if (!description) return jsonResponse({ active: false });
    return jsonResponse(toIntrospection(description, issuerOf(request), principal.kind === 'SESSION'));
  });
}

/**
 * Token revocation (RFC 7009) for whoever holds the secret. It answers `200` to anything, and `RATE_LIMITED` to an address
 * that sends too many secrets that open nothing; one that opens something is always revoked.
 */
export function createRevocationEndpoint({ limits, services }: OAuthParts): Endpoint {
  return oauthEndpoint(async (request, requestContext) => {
    const secret = await readToken(request);
    const found = await services.leaks.revoke(callerOf(request, requestContext, null), secret);
    if (!found) await limits.countRefusal(requestContext.address);
    return { status: 200, headers: {}, body: null };
  });
}
