import { badInput, failure, forbidden } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import type { TokenPolicy } from '../../domain/policy.ts';
import { isToken } from '../../domain/principal.ts';
import { statusOf, type Token, type WorkspaceToken } from '../../domain/token.ts';
import {
  checkPersonalExpiry,
  checkWorkspaceExpiry,
  defaultExpiry,
  type ExpiryRequest,
  lifetimeOf,
  parseExpiry,
  parseOverlap,
} from '../../domain/token-lifetime.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import { findCascade } from '../../storage/repositories/ends/token-cascades.ts';
import { isEnding } from '../../storage/repositories/ends/token-ends.ts';
import { hasGrant } from '../../storage/repositories/federation/federations.ts';
import { replaceSecret } from '../../storage/repositories/token-secrets.ts';
import { findToken, updateToken } from '../../storage/repositories/tokens.ts';
import { parentOf } from '../access/delegation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { type IssuedToken, requireNoLater, toIsoString } from './create.ts';
import { applyToDescendants, auditToken } from './descendants.ts';
import { authorizedToken } from './lifecycle.ts';

export interface RegenerateTokenRequest {
  readonly tokenId: string;
  readonly expires?: ExpiryRequest | null;
  /** How long the old secret keeps working, as an ISO 8601 duration. */
  readonly overlap?: string | null;
}

const EXPIRES = ['input', 'expires'] as const;

/** Gives tokens new secrets. */
export interface TokenRegeneration {
  /**
   * Gives the authorized token a new secret and expiry and changes nothing else. An expired or revoked token becomes
   * active; a disabled token remains disabled. Throws `BAD_USER_INPUT`, `CONFLICT`, or `FORBIDDEN` with
   * `EXCEEDS_CALLER` or `POLICY`.
   */
  regenerate(uow: UnitOfWork, request: RegenerateTokenRequest): Promise<IssuedToken>;
}

/** Returns the regeneration of the token service. */
export function createTokenRegeneration(deps: { secrets: SecretSource; limits: Limits }): TokenRegeneration {
  const { secrets, limits } = deps;

  return {
    async regenerate(uow, request) {
      const { now } = uow;
      const token = authorizedToken(uow, request.tokenId);
      await requireNothingPending(uow, token);
      const overlap = request.overlap == null ? null : parseOverlap(request.overlap, ['input', 'overlap']);
      const latest = await latestExpiry(uow, token);
      const expiresAt = nextExpiry(uow, token, latest, request.expires, limits.personalTokenLifetime);
      const overlapUntil = overlap === null ? null : overlapEnd(token, now, overlap);

      const issued = secrets.issue(token.kind);
      await replaceSecret(uow.tx, token.id, issued.digest, overlapUntil);
      const changes = { issuedAt: now, regeneratedAt: now, expiresAt, revokedAt: null };
      const { secretPreview } = issued;
      const secret = { secretPreview, isImported: false };
      const regenerated = await updateToken(uow.tx, token, { ...changes, ...secret }, now);
      if (isEarlier(expiresAt, token.expiresAt)) await applyToDescendants(uow, regenerated, {});
      await auditToken(uow, 'token.regenerated', token, {
        status: statusOf(token, now),
        expiresAt: toIsoString(expiresAt),
        overlapUntil: toIsoString(overlapUntil),
      });
      return { token: regenerated, secret: issued.secret };
    },
  };
}

/**
 * Returns the expiry of the new secret: the requested one or, by default, the previous lifetime within the allowed
 * maximum.
 */
function nextExpiry(
  uow: UnitOfWork,
  token: Token,
  latest: number | null,
  request: ExpiryRequest | null | undefined,
  maxPersonalLifetime: number,
): number | null {
  const { now } = uow;
  const requested = request ? parseExpiry(request, now, EXPIRES) : undefined;
  if (isToken(uow.principal)) {
    const expiresAt = unextendedExpiry(token, requested, now);
    // The secret that a token obtains must not outlive that token, even if the chain allows it.
    requireNoLater(expiresAt, parentOf(uow).expiresAt);
    if (token.kind === 'WORKSPACE') checkWorkspaceExpiry(expiresAt, now, policyFor(uow, token));
    return expiresAt;
  }
  const expiresAt =
    token.kind === 'PERSONAL'
      ? personalExpiry(token, requested, now, maxPersonalLifetime)
      : workspaceExpiry(token, requested, now, policyFor(uow, token));
  if (latest === null || (expiresAt !== null && expiresAt <= latest)) return expiresAt;
  if (requested !== undefined)
    throw badInput(EXPIRES, 'must not be later than the expiry of what it derives from');
  return latest;
}

function personalExpiry(
  token: Token,
  requested: number | null | undefined,
  now: number,
  maxLifetime: number,
): number | null {
  if (requested === undefined) return now + Math.min(lifetimeOf(token) ?? maxLifetime, maxLifetime);
  checkPersonalExpiry(requested, now, { maxLifetime, required: true }, EXPIRES);
  return requested;
}

function workspaceExpiry(
  token: Token,
  requested: number | null | undefined,
  now: number,
  policy: TokenPolicy,
): number | null {
  if (requested !== undefined) {
    checkWorkspaceExpiry(requested, now, policy);
    return requested;
  }
  const before = lifetimeOf(token);
  if (before !== null) return now + Math.min(before, policy.maxLifetime ?? before);
  const allowsNoExpiry = policy.maxLifetime === null && !policy.requireExpiry;
  return allowsNoExpiry ? null : defaultExpiry(now, policy.maxLifetime, null);
}

/**
 * Returns the policy of the workspace, which the authorization loaded. Throws `NOT_FOUND` if the caller has no access
 * to it, and `FORBIDDEN` with `POLICY` if the workspace no longer allows tokens of this role.
 */
function policyFor({ grant }: UnitOfWork, token: WorkspaceToken): TokenPolicy {
  const policy = grant.access?.policy;
  if (!policy) throw failure('NOT_FOUND');
  if (!policy.tokenRoles.includes(token.role)) throw forbidden('POLICY');
  return policy;
}

/**
 * Returns whether the secret is neither revoked nor expired. A disabled token can be enabled, so its secret counts as
 * live.
 */
function hasLiveSecret(token: Token, now: number): boolean {
  return token.revokedAt === null && (token.expiresAt === null || now < token.expiresAt);
}

/** Returns when the old secret stops working, its own expiry at the latest; `null` if it is not live. */
function overlapEnd(token: Token, now: number, overlap: number): number | null {
  if (!hasLiveSecret(token, now)) return null;
  return Math.min(now + overlap, token.expiresAt ?? Number.MAX_SAFE_INTEGER);
}

/**
 * Throws `CONFLICT` while the end of the token is being stored, or its last end or expiry in the rows of its descendants: until
 * then, only the row of the token stops them. The same while roles that it gave are taken back, so that those which it gives later stay.
 */
async function requireNothingPending({ tx }: UnitOfWork, token: Token): Promise<void> {
  if (token.revokedAt !== null && (await isEnding(tx, token.id))) {
    throw failure('CONFLICT', 'The token is still being revoked: try again later.');
  }
  if ((await findCascade(tx, { tokenId: token.id })) === null) return;
  throw failure(
    'CONFLICT',
    'What the token gave, or what derives from it, is still being updated: try again later.',
  );
}

/** Returns whether an expiry is earlier than another; `null` is never. */
function isEarlier(expiresAt: number | null, other: number | null): boolean {
  return expiresAt !== null && (other === null || expiresAt < other);
}

/**
 * Returns the latest expiry that a token can have: that of its parent or, if a federation gave it, its own; `null` if there is
 * none. Throws `CONFLICT` if the parent is deleted, revoked or expired. A disabled parent passes, because it can be enabled again.
 */
async function latestExpiry({ tx, now }: UnitOfWork, token: Token): Promise<number | null> {
  const { parentId, federationId, expiresAt } = token;
  if (parentId === null) return null;
  const parent = await findToken(tx, parentId);
  if (parent && hasLiveSecret(parent, now)) return parent.expiresAt;
  if (!parent && federationId !== null && (await hasGrant(tx, parentId))) {
    if (expiresAt !== null && now < expiresAt) return expiresAt;
    throw failure('CONFLICT', 'The token of a federation has expired: exchange another JSON Web Token.');
  }
  throw failure('CONFLICT', 'The token that this one derives from is not active.');
}

/**
 * Returns the expiry for a calling token: the current one or an earlier requested one. Throws `FORBIDDEN` with
 * `EXCEEDS_CALLER` or `CONFLICT`.
 */
function unextendedExpiry(token: Token, requested: number | null | undefined, now: number): number | null {
  if (requested !== undefined) {
    requireNoLater(requested, token.expiresAt);
    return requested;
  }
  if (token.expiresAt !== null && token.expiresAt <= now) {
    throw failure('CONFLICT', 'The token has expired: only a signed-in person can give it a new expiry.');
  }
  return token.expiresAt;
}
