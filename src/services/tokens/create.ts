import { badInput, failure, forbidden, inputCheck } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { isToken, userIdOf } from '../../domain/principal.ts';
import type { Role } from '../../domain/roles.ts';
import type { TokenScope } from '../../domain/scopes.ts';
import { parseDescription, parseName } from '../../domain/text.ts';
import type { Token, TokenAccess } from '../../domain/token.ts';
import {
  checkPersonalExpiry,
  checkWorkspaceExpiry,
  defaultExpiry,
  type ExpiryRequest,
  parseExpiry,
} from '../../domain/token-lifetime.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import { insertScopes } from '../../storage/repositories/token-scopes.ts';
import { hasTokens, insertToken } from '../../storage/repositories/tokens.ts';
import { findUser } from '../../storage/repositories/users.ts';
import { findWorkspaces } from '../../storage/repositories/workspaces.ts';
import { resolveScopeRules, type ScopeRequest } from '../access/delegation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { requireMayGive } from '../workspaces/members.ts';
import { auditToken } from './lifecycle.ts';

/** A token with the secret that is told once. */
export interface IssuedToken {
  readonly token: Token;
  readonly secret: string;
}

export interface CreateTokenRequest {
  readonly name: string;
  readonly description?: string | null;
  readonly expires?: ExpiryRequest | null;
  readonly access: TokenAccess;
  readonly scopes?: readonly ScopeRequest[] | null;
}

export interface CreateWorkspaceTokenRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly description?: string | null;
  readonly role: Role;
  readonly expires?: ExpiryRequest | null;
}

/** What a new token has from the one that creates it: its place below, and an expiry that it cannot outlive. */
export function parentOf(uow: UnitOfWork): { parentId: string | null; expiresAt: number | null } {
  const { principal } = uow;
  if (!isToken(principal)) return { parentId: null, expiresAt: null };
  const expiries = principal.chain.flatMap((link) => (link.expiresAt === null ? [] : [link.expiresAt]));
  return { parentId: principal.tokenId, expiresAt: expiries.length === 0 ? null : Math.min(...expiries) };
}

/** Throws `FORBIDDEN`, `EXCEEDS_CALLER` where an expiry lies after the one that bounds it. */
export function requireNoLater(expiresAt: number | null, latest: number | null): void {
  if (latest !== null && (expiresAt === null || expiresAt > latest)) throw forbidden('EXCEEDS_CALLER');
}

/**
 * Throws `LIMIT_REACHED` where a token that is stored already was one too many. To look before it is stored would be as
 * right; but of two who do that at once, for different users, each has often read the page of an index that the other
 * then writes to, and PostgreSQL ends one of them.
 */
async function requireAtMost(
  uow: UnitOfWork,
  holder: { ownerId: string } | { workspaceId: string },
  most: number,
): Promise<void> {
  if (!(await hasTokens(uow.tx, holder, most + 1))) return;
  throw failure(
    'LIMIT_REACHED',
    `A ${'ownerId' in holder ? 'user' : 'workspace'} has at most ${most} tokens.`,
  );
}

/** Creates tokens. */
export interface TokenCreation {
  /**
   * A personal token of the caller's user; called with a token, one derived from it, within its access and lifetime.
   * Throws `BAD_USER_INPUT`, `LIMIT_REACHED` or `FORBIDDEN`, `EXCEEDS_CALLER`.
   */
  create(uow: UnitOfWork, request: CreateTokenRequest): Promise<IssuedToken>;
  /** A workspace token with a role up to the caller's, within the workspace's policy. Throws the same, and `POLICY`. */
  createForWorkspace(uow: UnitOfWork, request: CreateWorkspaceTokenRequest): Promise<IssuedToken>;
}

/** Token creation over its dependencies. */
export function createTokenCreation(deps: { secrets: SecretSource; limits: Limits }): TokenCreation {
  const { secrets, limits } = deps;

  async function store(
    uow: UnitOfWork,
    holder: Pick<Token, 'kind' | 'ownerId' | 'workspaceId' | 'access' | 'role'> & { prefix: string },
    text: Pick<Token, 'name' | 'description'>,
    expiresAt: number | null,
  ): Promise<IssuedToken> {
    const { prefix, ...kept } = holder;
    const issued = secrets.issue(holder.kind);
    const token: Token = {
      id: uow.newId(),
      createdBy: userIdOf(uow.principal),
      parentId: parentOf(uow).parentId,
      identifier: `${prefix}_${secrets.text(10)}`,
      display: issued.display,
      createdAt: uow.now,
      updatedAt: uow.now,
      issuedAt: uow.now,
      regeneratedAt: null,
      expiresAt,
      disabledAt: null,
      ancestorDisabledAt: null,
      revokedAt: null,
      lastUsedAt: null,
      lastUsedIp: null,
      lastUsedUserAgent: null,
      ...kept,
      ...text,
    };
    await insertToken(uow.tx, token, issued.digest);
    return { token, secret: issued.secret };
  }

  return {
    async create(uow, request) {
      const { principal } = uow;
      if (principal.kind !== 'SESSION' && principal.kind !== 'PERSONAL_TOKEN')
        throw failure('UNAUTHENTICATED');
      const { userId: ownerId } = principal;
      const owner = await findUser(uow.tx, ownerId);
      if (!owner) throw failure('UNAUTHENTICATED');
      const parent = parentOf(uow);
      const { text, expiresAt } = parsePersonal(uow, request, parent.expiresAt, limits);
      if (parent.parentId !== null && request.access === 'FULL') throw forbidden('EXCEEDS_CALLER');
      requireNoLater(expiresAt, parent.expiresAt);
      const rules = await resolveScopeRules(uow, ownerId, request.scopes ?? [], ['input', 'scopes'], limits);
      const holder = { kind: 'PERSONAL', ownerId, workspaceId: null, role: null } as const;
      const issued = await store(
        uow,
        { ...holder, access: request.access, prefix: owner.email },
        text,
        expiresAt,
      );
      await requireAtMost(uow, { ownerId }, limits.tokensPerUser);
      const scopes: TokenScope[] = rules.map((rule) => ({ ...rule, id: uow.newId() }));
      await insertScopes(uow.tx, issued.token.id, scopes);
      await auditToken(uow, 'token.created', issued.token, {
        access: request.access,
        scopes: scopes.length,
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      });
      return issued;
    },

    async createForWorkspace(uow, request) {
      const [workspace] = await findWorkspaces(uow.tx, [request.workspaceId]);
      if (!workspace) throw failure('NOT_FOUND');
      const parent = parentOf(uow);
      const { text, expiresAt } = parseWorkspace(
        uow,
        request,
        parent.expiresAt,
        workspace.policy.maxLifetime,
      );
      requireMayGive(uow, request.role);
      requireNoLater(expiresAt, parent.expiresAt);
      if (!workspace.policy.tokenRoles.includes(request.role)) throw forbidden('POLICY');
      checkWorkspaceExpiry(expiresAt, uow.now, workspace.policy);
      const holder = { kind: 'WORKSPACE', ownerId: null, workspaceId: workspace.id, access: 'ROLE' } as const;
      const issued = await store(
        uow,
        { ...holder, role: request.role, prefix: workspace.slug },
        text,
        expiresAt,
      );
      await requireAtMost(uow, { workspaceId: workspace.id }, limits.tokensPerWorkspace);
      await auditToken(uow, 'token.created', issued.token, {
        role: request.role,
        expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      });
      return issued;
    },
  };
}

function parsePersonal(
  uow: UnitOfWork,
  request: CreateTokenRequest,
  parentExpiresAt: number | null,
  limits: Limits,
): { text: Pick<Token, 'name' | 'description'>; expiresAt: number | null } {
  const check = inputCheck();
  const text = parseText(check, request);
  const expiresAt = check.try(() => {
    if (!request.expires) return defaultExpiry(uow.now, limits.personalTokenLifetime, parentExpiresAt);
    const at = parseExpiry(request.expires, uow.now, ['input', 'expires']);
    const bounds = { maxLifetime: limits.personalTokenLifetime, required: true };
    checkPersonalExpiry(at, uow.now, bounds, ['input', 'expires']);
    return at;
  });
  check.try(() => {
    if (request.access === 'ROLE')
      throw badInput(['input', 'access'], 'only a workspace token acts with a role');
    if (request.access === 'SCOPED' && !request.scopes) {
      throw badInput(['input', 'scopes'], 'is required with access SCOPED; it may be empty');
    }
    if (request.access !== 'SCOPED' && request.scopes) {
      throw badInput(['input', 'scopes'], 'must be left out unless access is SCOPED');
    }
  });
  check.finish();
  return { text, expiresAt: expiresAt as number };
}

function parseWorkspace(
  uow: UnitOfWork,
  request: CreateWorkspaceTokenRequest,
  parentExpiresAt: number | null,
  maxLifetime: number | null,
): { text: Pick<Token, 'name' | 'description'>; expiresAt: number | null } {
  const check = inputCheck();
  const text = parseText(check, request);
  const expiresAt = check.try(() =>
    request.expires
      ? parseExpiry(request.expires, uow.now, ['input', 'expires'])
      : defaultExpiry(uow.now, maxLifetime, parentExpiresAt),
  );
  check.finish();
  return { text, expiresAt: expiresAt as number | null };
}

function parseText(
  check: ReturnType<typeof inputCheck>,
  request: { readonly name: string; readonly description?: string | null | undefined },
): Pick<Token, 'name' | 'description'> {
  const name = check.try(() => parseName(request.name, ['input', 'name']));
  const description = check.try(() => parseDescription(request.description, ['input', 'description']));
  return { name: name ?? '', description: description ?? null };
}
