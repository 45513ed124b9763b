import { badInput, failure, forbidden, inputCheck } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { hasLimits, isToken } from '../../domain/principal.ts';
import type { Role } from '../../domain/roles.ts';
import { sameRule, type TokenScope } from '../../domain/scopes.ts';
import { parseDescription, parseName, parseSubject } from '../../domain/text.ts';
import type { Token, TokenAccess } from '../../domain/token.ts';
import {
  isWithinLimits,
  type LimitsRequest,
  parseLimits,
  type TokenLimits,
} from '../../domain/values/limits.ts';
import { parseMetadata } from '../../domain/values/metadata.ts';
import { deleteScopes, findScopes, insertScopes } from '../../storage/repositories/token-scopes.ts';
import { findToken, setLimits, type TokenChanges, updateToken } from '../../storage/repositories/tokens.ts';
import {
  requireScopeCount,
  resolveScopeRules,
  type ScopeRequest,
  scopeHolderOf,
} from '../access/delegation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { requireCanGive } from '../workspaces/members.ts';
import { auditToken } from './descendants.ts';
import { authorizedToken, loadToken } from './lifecycle.ts';

/**
 * A change of a token. A description, subject, metadata or limits of `null` are removed; any other `null` or `undefined`
 * changes nothing. Limits replace all that the token had, and all its uses are left again.
 */
export interface UpdateTokenRequest {
  readonly tokenId: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly access?: TokenAccess | null;
  readonly scopes?: readonly ScopeRequest[] | null;
  readonly role?: Role | null;
  readonly subject?: string | null;
  readonly metadata?: object | null;
  readonly limits?: LimitsRequest | null;
}

/** Changes the name, description and permissions of tokens; never a secret or an expiry. */
export interface TokenUpdates {
  /**
   * Updates a token. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, `CONFLICT` if a federation decides on what would change, or
   * `FORBIDDEN` with `EXCEEDS_CALLER` or `POLICY`.
   */
  update(uow: UnitOfWork, request: UpdateTokenRequest): Promise<Token>;
  /**
   * Adds scopes to a scoped token; ignores those that it already has. Throws the errors of `update`, and `CONFLICT`.
   */
  addScopes(uow: UnitOfWork, tokenId: string, requests: readonly ScopeRequest[]): Promise<Token>;
  /** Removes scopes from a scoped token; all of them without `scopeIds`. Throws `NOT_FOUND` or `CONFLICT`. */
  removeScopes(uow: UnitOfWork, tokenId: string, scopeIds?: readonly string[]): Promise<Token>;
}

/** Returns the updates of the token service. */
export function createTokenUpdates(deps: { limits: Limits }): TokenUpdates {
  const { limits } = deps;

  function resolveRules(uow: UnitOfWork, token: Token, requests: readonly ScopeRequest[]) {
    return resolveScopeRules(uow, scopeHolderOf(token), requests, ['input', 'scopes'], limits);
  }

  async function replaceScopes(
    uow: UnitOfWork,
    token: Token,
    requests: readonly ScopeRequest[],
  ): Promise<void> {
    const rules = await resolveRules(uow, token, requests);
    await deleteScopes(uow.tx, token.id);
    const scopes = rules.map((rule) => ({ ...rule, id: uow.newId() }));
    await insertScopes(uow.tx, token.id, scopes);
  }

  return {
    async update(uow, request) {
      const token = authorizedToken(uow, request.tokenId);
      const changes = parseChanges(token, request);
      if (changes.role || changes.access || request.scopes) await requireNotGiven(uow, token);
      if (token.kind === 'WORKSPACE' && changes.role) requireRole(uow, changes.role);
      if (changes.access === 'FULL' && isToken(uow.principal)) throw forbidden('EXCEEDS_CALLER');
      const updated = await updateToken(uow.tx, token, changes, uow.now);
      if (changes.access && changes.access !== 'SCOPED') await deleteScopes(uow.tx, token.id);
      const limits = await replaceLimits(uow, token, request);
      if (request.scopes) await replaceScopes(uow, token, request.scopes);
      await auditToken(uow, 'token.updated', token, {
        ...withoutMetadata(changes),
        ...(limits !== undefined && { limits }),
        ...(request.scopes ? { scopes: request.scopes.length } : {}),
      });
      return limits === undefined ? updated : loadToken(uow, token.id);
    },

    async addScopes(uow, tokenId, requests) {
      const { token, existing } = await loadScopedToken(uow, tokenId);
      await requireNotGiven(uow, token);
      const rules = await resolveRules(uow, token, requests);
      const added = rules
        .filter((rule) => !existing.some((scope) => sameRule(scope, rule)))
        .map((rule) => ({ ...rule, id: uow.newId() }));
      requireScopeCount(existing.length + added.length, limits);
      if (added.length === 0) return token;
      await insertScopes(uow.tx, tokenId, added);
      return stamp(uow, token, 'token.scopes_added', added.length);
    },

    async removeScopes(uow, tokenId, scopeIds) {
      const { token, existing } = await loadScopedToken(uow, tokenId);
      const ids = new Set(scopeIds ?? existing.map((scope) => scope.id));
      if (![...ids].every((id) => existing.some((scope) => scope.id === id))) throw failure('NOT_FOUND');
      if (ids.size === 0) return token;
      await deleteScopes(uow.tx, tokenId, [...ids]);
      return stamp(uow, token, 'token.scopes_removed', ids.size);
    },
  };
}

/** Throws `CONFLICT` if a federation gave the token, because the federation alone decides what its tokens are allowed. */
async function requireNotGiven({ tx }: UnitOfWork, { federationId, parentId }: Token): Promise<void> {
  if (federationId === null || (parentId !== null && (await findToken(tx, parentId)))) return;
  throw failure('CONFLICT', 'A federation gave this token: change the federation instead.');
}

/**
 * Replaces the limits of a token if the request has any; returns the new ones. A calling token can tighten its own limits
 * and those of its descendants. Throws `BAD_USER_INPUT`, or `FORBIDDEN` with `EXCEEDS_CALLER` if it would loosen its own or
 * give a descendant more than itself.
 */
async function replaceLimits(
  uow: UnitOfWork,
  token: Token,
  request: UpdateTokenRequest,
): Promise<TokenLimits | null | undefined> {
  if (request.limits === undefined) return undefined;
  const limits = parseLimits(request.limits, ['input', 'limits']);
  const { principal } = uow;
  // What a calling token has used is not given back.
  const keepUsed = isToken(principal) && token.id === principal.tokenId && token.limits?.uses != null;
  if (hasLimits(principal)) {
    const own = principal.chain.map((link) => link.limits);
    const isWithin = own.every((bounds) => isWithinLimits(limits, bounds));
    const exceedsLeft = keepUsed && token.usesLeft !== null && (limits?.uses ?? 0) > token.usesLeft;
    if (!isWithin || exceedsLeft) throw forbidden('EXCEEDS_CALLER');
  }
  await setLimits(uow.tx, token.id, limits, { keepUsed });
  return limits;
}

async function stamp(
  uow: UnitOfWork,
  token: Token,
  action: 'token.scopes_added' | 'token.scopes_removed',
  scopes: number,
): Promise<Token> {
  const stamped = await updateToken(uow.tx, token, {}, uow.now);
  await auditToken(uow, action, token, { scopes });
  return stamped;
}

/** Returns the authorized token with its scopes. Throws `CONFLICT` if its access is not `SCOPED`. */
async function loadScopedToken(
  uow: UnitOfWork,
  tokenId: string,
): Promise<{ token: Token; existing: TokenScope[] }> {
  const token = authorizedToken(uow, tokenId);
  if (token.access !== 'SCOPED') throw failure('CONFLICT', 'Only a token with access SCOPED has scopes.');
  return { token, existing: (await findScopes(uow.tx, [tokenId])).get(tokenId) ?? [] };
}

/**
 * Throws `FORBIDDEN` with `EXCEEDS_CALLER` if the role is above the caller's, or with `POLICY` if the workspace does
 * not allow it.
 */
function requireRole(uow: UnitOfWork, role: Role): void {
  requireCanGive(uow, role);
  if (!uow.grant.access?.policy.tokenRoles.includes(role)) throw forbidden('POLICY');
}

/** Returns changes as the audit log records them. Metadata can be long and is not Postern's own, so only its change is. */
function withoutMetadata({ metadataJson, ...changes }: TokenChanges): Record<string, unknown> {
  return metadataJson === undefined ? changes : { ...changes, metadata: metadataJson !== null };
}

function parseChanges(token: Token, request: UpdateTokenRequest): TokenChanges {
  const { name, description, access, role, subject, metadata } = request;
  const check = inputCheck();
  const changes: { -readonly [K in keyof TokenChanges]: TokenChanges[K] } = {};
  if (name != null) changes.name = check.try(() => parseName(name, ['input', 'name']));
  if (description !== undefined) {
    changes.description = check.try(() => parseDescription(description, ['input', 'description']));
  }
  if (subject !== undefined) {
    changes.subject = subject === null ? null : check.try(() => parseSubject(subject, ['input', 'subject']));
  }
  if (metadata !== undefined) {
    changes.metadataJson = check.try(() => parseMetadata(metadata, ['input', 'metadata']));
  }
  if (access != null) changes.access = access;
  if (role != null) changes.role = role;
  check.try(() => requireFieldsOfKind(token, request));
  check.finish();
  return changes;
}

/** Throws `BAD_USER_INPUT` on a change that the kind of the token does not have. */
function requireFieldsOfKind(token: Token, { access, scopes, role, ...fields }: UpdateTokenRequest): void {
  const next = access ?? token.access;
  if (token.kind === 'WORKSPACE' && next !== 'ROLE' && next !== 'SCOPED') {
    throw badInput(['input', 'access'], 'must be ROLE or SCOPED for a workspace token');
  }
  if (token.kind === 'PERSONAL') {
    if (role != null) throw badInput(['input', 'role'], 'a personal token has no role');
    if (fields.subject != null) throw badInput(['input', 'subject'], 'a personal token has no subject');
    if (fields.metadata != null) throw badInput(['input', 'metadata'], 'a personal token has no metadata');
    if (next === 'ROLE') throw badInput(['input', 'access'], 'only a workspace token acts with a role');
  }
  if (scopes && next !== 'SCOPED') {
    throw badInput(['input', 'scopes'], 'must be left out unless access is SCOPED');
  }
}
