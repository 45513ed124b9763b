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
import { clampDescendants, replaceSecret, updateToken } from '../../storage/repositories/tokens.ts';
import { findPolicy } from '../../storage/repositories/workspaces.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { type IssuedToken, parentOf, requireNoLater } from './create.ts';
import { auditToken, loadToken } from './lifecycle.ts';

export interface RegenerateTokenRequest {
  readonly tokenId: string;
  readonly expires?: ExpiryRequest | null;
  /** An ISO 8601 duration for which the old secret may go on working. */
  readonly overlap?: string | null;
}

const EXPIRES = ['input', 'expires'] as const;

/** Gives tokens new secrets. */
export interface TokenRegeneration {
  /**
   * A new secret and expiry for a token; all else is kept. Makes expired and revoked tokens active; a disabled one
   * stays disabled. Throws `BAD_USER_INPUT`, `CONFLICT` or `FORBIDDEN`, `EXCEEDS_CALLER` or `POLICY`.
   */
  regenerate(uow: UnitOfWork, request: RegenerateTokenRequest): Promise<IssuedToken>;
}

/** Returns the regeneration of the token service. */
export function createTokenRegeneration(deps: { secrets: SecretSource; limits: Limits }): TokenRegeneration {
  const { secrets, limits } = deps;

  /** The expiry of the new secret: what was asked, or what fits best where nothing was. */
  async function nextExpiry(
    uow: UnitOfWork,
    token: Token,
    parent: Token | null,
    request?: ExpiryRequest | null,
  ) {
    const { now } = uow;
    const asked = request ? parseExpiry(request, now, EXPIRES) : undefined;
    if (isToken(uow.principal)) {
      const kept = keptExpiry(token, asked, now);
      // A secret that a token gets must not outlive the token itself, whatever the chain says.
      requireNoLater(kept, parentOf(uow).expiresAt);
      if (token.kind === 'WORKSPACE') checkWorkspaceExpiry(kept, now, await policyFor(uow, token));
      return kept;
    }
    const expiresAt =
      token.kind === 'PERSONAL'
        ? personalExpiry(token, asked, now)
        : await workspaceExpiry(uow, token, asked);
    const latest = parent?.expiresAt ?? null;
    if (latest === null || (expiresAt !== null && expiresAt <= latest)) return expiresAt;
    if (asked !== undefined)
      throw badInput(EXPIRES, 'must not be later than that of the token it derives from');
    return latest;
  }

  function personalExpiry(token: Token, asked: number | null | undefined, now: number): number | null {
    const { personalTokenLifetime: maxLifetime } = limits;
    if (asked === undefined) return now + Math.min(lifetimeOf(token) ?? maxLifetime, maxLifetime);
    checkPersonalExpiry(asked, now, { maxLifetime, required: true }, EXPIRES);
    return asked;
  }

  async function workspaceExpiry(uow: UnitOfWork, token: WorkspaceToken, asked: number | null | undefined) {
    const policy = await policyFor(uow, token);
    if (asked !== undefined) {
      checkWorkspaceExpiry(asked, uow.now, policy);
      return asked;
    }
    const before = lifetimeOf(token);
    if (before !== null) return uow.now + Math.min(before, policy.maxLifetime ?? before);
    const mayLast = policy.maxLifetime === null && !policy.requireExpiry;
    return mayLast ? null : defaultExpiry(uow.now, policy.maxLifetime, null);
  }

  return {
    async regenerate(uow, request) {
      const token = await loadToken(uow, request.tokenId);
      const parent = token.parentId === null ? null : await loadToken(uow, token.parentId);
      const overlap = request.overlap == null ? null : parseOverlap(request.overlap, ['input', 'overlap']);
      if (parent) requireLiveParent(parent, uow.now);
      const expiresAt = await nextExpiry(uow, token, parent, request.expires);
      const status = statusOf(token, uow.now);
      const overlapUntil =
        overlap !== null && hasLiveSecret(token, uow.now)
          ? Math.min(uow.now + overlap, token.expiresAt ?? Number.MAX_SAFE_INTEGER)
          : null;

      const issued = secrets.issue(token.kind);
      await replaceSecret(uow.tx, token.id, issued.digest, overlapUntil);
      await updateToken(
        uow.tx,
        token,
        {
          secretPreview: issued.secretPreview,
          issuedAt: uow.now,
          regeneratedAt: uow.now,
          expiresAt,
          revokedAt: null,
        },
        uow.now,
      );
      if (expiresAt !== null) await clampDescendants(uow.tx, token.id, expiresAt);
      await auditToken(uow, 'token.regenerated', token, {
        status,
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
        overlapUntil: overlapUntil === null ? null : new Date(overlapUntil).toISOString(),
      });
      return { token: await loadToken(uow, token.id), secret: issued.secret };
    },
  };
}

/** The policy of a workspace token's workspace. Throws `NOT_FOUND`, or `POLICY` where tokens of its role are not to be issued any more. */
async function policyFor(uow: UnitOfWork, token: WorkspaceToken): Promise<TokenPolicy> {
  const policy = await findPolicy(uow.tx, token.workspaceId);
  if (!policy) throw failure('NOT_FOUND');
  if (!policy.tokenRoles.includes(token.role)) throw forbidden('POLICY');
  return policy;
}

/** Whether the secret of a token is neither revoked nor over; if it is stopped, it can be resumed. */
function hasLiveSecret(token: Token, now: number): boolean {
  return token.revokedAt === null && (token.expiresAt === null || now < token.expiresAt);
}

/** A disabled parent may be enabled again; one that is revoked or over gives its child no time to live. */
function requireLiveParent(parent: Token, now: number): void {
  if (!hasLiveSecret(parent, now)) {
    throw failure('CONFLICT', 'The token that this one derives from is not active.');
  }
}

/** Called with a token, the expiry stays; an earlier one may be asked for, a later one never. */
function keptExpiry(token: Token, asked: number | null | undefined, now: number): number | null {
  if (asked !== undefined) {
    requireNoLater(asked, token.expiresAt);
    return asked;
  }
  if (token.expiresAt !== null && token.expiresAt <= now) {
    throw failure('CONFLICT', 'The token has expired: only a signed-in person can give it a new expiry.');
  }
  return token.expiresAt;
}
