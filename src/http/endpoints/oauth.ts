import { isIP } from 'node:net';
import { globalEntityId } from '../../domain/authority.ts';
import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { hasStar, type ScopeRule } from '../../domain/scopes.ts';
import type { TokenDescription } from '../../services/access/introspection.ts';
import { recordUse } from '../../services/access/last-use.ts';
import type { Services } from '../../services/services.ts';
import type { AuthenticateClient } from '../auth/authenticate.ts';
import { callerOf } from '../auth/caller.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import type { HttpRequest } from '../message/message.ts';
import { jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';
import { oauthEndpoint, readParameters, requireParameter } from './oauth-form.ts';

const MILLISECONDS = 1000;

/** The dependencies of `/oauth/*`. */
export interface OAuthParts {
  readonly authenticateClient: AuthenticateClient;
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'clock' | 'lastUse' | 'introspection' | 'leaks'>;
  /** Returns the issuer for a request. */
  readonly issuerOf: (request: HttpRequest) => string;
}

/** Returns the address of the client that a form names; `null` if it names none. Throws `BAD_REQUEST` on another text. */
function addressIn(form: URLSearchParams): string | null {
  const address = form.get('address');
  if (address !== null && !isIP(address)) throw failure('BAD_REQUEST', 'address must be an IP address.');
  return address;
}

/**
 * Returns a rule as OAuth scopes such as `channel:publish`, followed by `:` and the id of one entity or a pattern, and by
 * `@` and the workspace.
 */
export function scopesOf(rule: ScopeRule, namesWorkspace: boolean): string[] {
  const { entityType, entityId, workspaceId, operations } = rule;
  const entity = entityId === null ? '' : `:${encodeURIComponent(globalEntityId(entityType, entityId))}`;
  const workspace = namesWorkspace && workspaceId !== null ? `@${toGlobalId('Workspace', workspaceId)}` : '';
  return operations.map((operation) => `${entityType}:${operation.toLowerCase()}${entity}${workspace}`);
}

/** Returns a rule as the API represents it. */
function toPublicScope({ entityType, entityId, workspaceId, operations }: ScopeRule) {
  return {
    entityType,
    entityId: entityId === null || hasStar(entityId) ? null : globalEntityId(entityType, entityId),
    entityPattern: entityId !== null && hasStar(entityId) ? entityId : null,
    workspaceId: workspaceId === null ? null : toGlobalId('Workspace', workspaceId),
    operations,
  };
}

/** Returns the part of an introspection that depends on the kind of holder. */
function holderOf({ principal, token }: TokenDescription) {
  if (principal.kind === 'WORKSPACE_TOKEN') {
    const workspace = toGlobalId('Workspace', principal.workspaceId);
    const { role, subject } = principal;
    const metadata = token.metadataJson === null ? null : JSON.parse(token.metadataJson);
    return { names: { sub: subject ?? workspace }, details: { workspace, role, subject, metadata } };
  }
  const { userId, verifiedEmail } = principal;
  return {
    names: { sub: toGlobalId('User', userId), ...(verifiedEmail !== null && { username: verifiedEmail }) },
    details: { workspace: null, role: null, subject: null, metadata: null },
  };
}

/** Returns the introspection of an active token (RFC 7662, section 2.2). */
function toIntrospection(description: TokenDescription, issuer: string, namesWorkspace: boolean) {
  const { principal, token, scopes, networks } = description;
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
      networks,
    },
  };
}

/**
 * Returns the endpoint for token introspection (RFC 7662) by sessions and workspace tokens, which authenticate by Bearer, Basic
 * or form parameters.
 */
export function createIntrospectionEndpoint({
  authenticateClient,
  services,
  issuerOf,
}: OAuthParts): Endpoint {
  return oauthEndpoint(async (request, requestContext) => {
    const form = await readParameters(request);
    const { principal, credential } = await authenticateClient(request, form, requestContext.address);
    requestContext.principal = principal;
    const secret = requireParameter(form, 'token');
    const description = await services.introspection.describe(principal, secret, addressIn(form));
    recordUse(services, callerOf(request, requestContext, { credential, principal }), principal);
    if (!description) return jsonResponse({ active: false });
    return jsonResponse(toIntrospection(description, issuerOf(request), principal.kind === 'SESSION'));
  });
}

/**
 * Returns the endpoint for token revocation (RFC 7009) by the holder of a secret. The status is `200` for every secret, and
 * `RATE_LIMITED` for an address that sends too many invalid ones. A valid secret is always revoked.
 */
export function createRevocationEndpoint({ limits, services }: OAuthParts): Endpoint {
  return oauthEndpoint(async (request, requestContext) => {
    // The credentials of a client are not read: possession of the secret is sufficient (RFC 7009, section 2.1, public clients).
    const secret = requireParameter(await readParameters(request), 'token');
    const found = await services.leaks.revoke(callerOf(request, requestContext), secret);
    if (!found) await limits.countRefusal(requestContext.address);
    return { status: 200, headers: {}, body: null };
  });
}
