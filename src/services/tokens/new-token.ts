import { badInput, inputCheck } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Role } from '../../domain/roles.ts';
import { parseDescription, parseName, parseSubject } from '../../domain/text.ts';
import type {
  PersonalAccess,
  Token,
  TokenAccess,
  TokenOwnership,
  WorkspaceAccessLevel,
} from '../../domain/token.ts';
import {
  checkPersonalExpiry,
  defaultExpiry,
  type ExpiryRequest,
  parseExpiry,
} from '../../domain/token-lifetime.ts';
import { type LimitsRequest, parseLimits, type TokenLimits } from '../../domain/values/limits.ts';
import { parseMetadata } from '../../domain/values/metadata.ts';
import type { ScopeRequest } from '../access/delegation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

const LIMITS = ['input', 'limits'] as const;

export interface CreateTokenRequest {
  readonly name: string;
  readonly description?: string | null;
  readonly expires?: ExpiryRequest | null;
  readonly access: TokenAccess;
  readonly scopes?: readonly ScopeRequest[] | null;
  readonly limits?: LimitsRequest | null;
}

export interface CreateWorkspaceTokenRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly description?: string | null;
  readonly role: Role;
  readonly expires?: ExpiryRequest | null;
  readonly access: TokenAccess;
  readonly scopes?: readonly ScopeRequest[] | null;
  readonly subject?: string | null;
  readonly metadata?: object | null;
  readonly limits?: LimitsRequest | null;
}

/** The fields of a workspace token that describe it. */
type Description = Pick<Token, 'name' | 'description' | 'subject' | 'metadataJson'>;

/** The validated input of a new token. */
export interface ParsedToken {
  readonly text: Description;
  readonly expiresAt: number | null;
  readonly limits: TokenLimits | null;
}

/** What the validated input of a new token does not contain. */
type TokenOrigin = Pick<
  Token,
  'createdBy' | 'parentId' | 'issuedBy' | 'federationId' | 'identifier' | 'secretPreview' | 'isImported'
>;

/** Returns a new token with its own id, never used or stopped. */
export function createUnusedToken(
  uow: UnitOfWork,
  ownership: TokenOwnership,
  origin: TokenOrigin,
  { text, expiresAt, limits }: ParsedToken,
): Token {
  return {
    id: uow.newId(),
    createdAt: uow.now,
    updatedAt: uow.now,
    issuedAt: uow.now,
    regeneratedAt: null,
    expiresAt,
    disabledAt: null,
    isAncestorDisabled: false,
    revokedAt: null,
    lastUsedAt: null,
    lastUsedIp: null,
    lastUsedUserAgent: null,
    limits,
    isUsedUp: false,
    usesLeft: limits?.uses ?? null,
    ...origin,
    ...ownership,
    ...text,
  };
}

/** Returns the validated input of a new personal token. Throws `BAD_USER_INPUT`. */
export function parsePersonal(
  now: number,
  request: CreateTokenRequest,
  parentExpiresAt: number | null,
  { personalTokenLifetime }: Limits,
): ParsedToken & { access: PersonalAccess; expiresAt: number } {
  const check = inputCheck();
  const text = { ...parseText(check, request), subject: null, metadataJson: null };
  const expiresAt = check.try(() => {
    if (!request.expires) return defaultExpiry(now, personalTokenLifetime, parentExpiresAt);
    const at = parseExpiry(request.expires, now, ['input', 'expires']);
    const bounds = { maxLifetime: personalTokenLifetime, required: true };
    checkPersonalExpiry(at, now, bounds, ['input', 'expires']);
    return at;
  });
  const access = check.try(() => parsePersonalAccess(request));
  const limits = check.try(() => parseLimits(request.limits, LIMITS)) ?? null;
  check.finish();
  return { text, expiresAt: expiresAt as number, access: access as PersonalAccess, limits };
}

/** Returns the access level of a personal token. Throws `BAD_USER_INPUT` if it does not fit the scopes. */
function parsePersonalAccess({ access, scopes }: CreateTokenRequest): PersonalAccess {
  if (access === 'ROLE') throw badInput(['input', 'access'], 'only a workspace token acts with a role');
  requireScopesFit(access, scopes);
  return access;
}

/** Throws `BAD_USER_INPUT` unless there are scopes exactly if the access level is `SCOPED`. */
function requireScopesFit(access: TokenAccess, scopes: readonly ScopeRequest[] | null | undefined): void {
  if (access === 'SCOPED' && !scopes) {
    throw badInput(['input', 'scopes'], 'is required with access SCOPED; it can be empty');
  }
  if (access !== 'SCOPED' && scopes) {
    throw badInput(['input', 'scopes'], 'must be left out unless access is SCOPED');
  }
}

/** Returns the access level of a workspace token. Throws `BAD_USER_INPUT` if it does not fit the scopes. */
function parseWorkspaceAccess({ access, scopes }: CreateWorkspaceTokenRequest): WorkspaceAccessLevel {
  if (access !== 'ROLE' && access !== 'SCOPED') {
    throw badInput(['input', 'access'], 'must be ROLE or SCOPED for a workspace token');
  }
  requireScopesFit(access, scopes);
  return access;
}

/** Returns the validated input of a new workspace token. Throws `BAD_USER_INPUT`. */
export function parseWorkspace(
  now: number,
  request: CreateWorkspaceTokenRequest,
  parentExpiresAt: number | null,
  maxLifetime: number | null,
): ParsedToken & { access: WorkspaceAccessLevel } {
  const check = inputCheck();
  const text = { ...parseText(check, request), ...parseSubjectOf(check, request) };
  const expiresAt = check.try(() =>
    request.expires
      ? parseExpiry(request.expires, now, ['input', 'expires'])
      : defaultExpiry(now, maxLifetime, parentExpiresAt),
  );
  const access = check.try(() => parseWorkspaceAccess(request)) ?? 'ROLE';
  const limits = check.try(() => parseLimits(request.limits, LIMITS)) ?? null;
  check.finish();
  return { text, expiresAt: expiresAt as number | null, access, limits };
}

function parseSubjectOf(
  check: ReturnType<typeof inputCheck>,
  { subject, metadata }: CreateWorkspaceTokenRequest,
): Pick<Token, 'subject' | 'metadataJson'> {
  const parsed = check.try(() => (subject == null ? null : parseSubject(subject, ['input', 'subject'])));
  const metadataJson = check.try(() => parseMetadata(metadata, ['input', 'metadata']));
  return { subject: parsed ?? null, metadataJson: metadataJson ?? null };
}

function parseText(
  check: ReturnType<typeof inputCheck>,
  request: { readonly name: string; readonly description?: string | null | undefined },
): Pick<Token, 'name' | 'description'> {
  const name = check.try(() => parseName(request.name, ['input', 'name']));
  const description = check.try(() => parseDescription(request.description, ['input', 'description']));
  return { name: name ?? '', description: description ?? null };
}
