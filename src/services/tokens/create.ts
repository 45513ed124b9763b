import { badInput, failure, forbidden, inputCheck } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { userIdOf } from '../../domain/principal.ts';
import type { Role } from '../../domain/roles.ts';
import type { TokenScope } from '../../domain/scopes.ts';
import { parseDescription, parseName } from '../../domain/text.ts';
import type { PersonalAccess, Token, TokenAccess, TokenOwnership } from '../../domain/token.ts';
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
import { parentOf, resolveScopeRules, type ScopeRequest } from '../access/delegation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { requireCanGive } from '../workspaces/members.ts';
import { auditToken } from './lifecycle.ts';

/** A token with its new secret, which is returned only here. */
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

/** The validated input of a new token. */
interface ParsedToken {
  readonly text: Pick<Token, 'name' | 'description'>;
  readonly expiresAt: number | null;
}

/** Creates tokens. */
export interface TokenCreation {
  /**
   * Creates a personal token of the caller's user. If the caller is a token, the new token derives from it and cannot
   * exceed its access or lifetime. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, or `FORBIDDEN` with `EXCEEDS_CALLER`.
   */
  create(uow: UnitOfWork, request: CreateTokenRequest): Promise<IssuedToken>;
  /**
   * Creates a workspace token. Throws the errors of `create`, `EXCEEDS_CALLER` also if the role is above the caller's,
   * and `FORBIDDEN` with `POLICY` if the policy of the workspace does not allow the token.
   */
  createForWorkspace(uow: UnitOfWork, request: CreateWorkspaceTokenRequest): Promise<IssuedToken>;
}

/** Throws `FORBIDDEN` with `EXCEEDS_CALLER` if an expiry is later than `latest`; a `latest` of `null` allows any. */
export function requireNoLater(expiresAt: number | null, latest: number | null): void {
  if (latest !== null && (expiresAt === null || expiresAt > latest)) throw forbidden('EXCEEDS_CALLER');
}

/**
 * Throws `LIMIT_REACHED` if the holder has more than `max` tokens. Call it after the insertion: if two transactions of
 * different users counted before it, each could read an index page that the other then writes, and PostgreSQL would
 * abort one of them.
 */
async function requireAtMost(
  uow: UnitOfWork,
  holder: { ownerId: string } | { workspaceId: string },
  max: number,
): Promise<void> {
  if (!(await hasTokens(uow.tx, holder, max + 1))) return;
  throw failure(
    'LIMIT_REACHED',
    `A ${'ownerId' in holder ? 'user' : 'workspace'} can have at most ${max} tokens. Delete some first.`,
  );
}

/** Returns the creation of the token service. */
export function createTokenCreation(deps: { secrets: SecretSource; limits: Limits }): TokenCreation {
  const { secrets, limits } = deps;

  async function issue(
    uow: UnitOfWork,
    ownership: TokenOwnership,
    identifierPrefix: string,
    { text, expiresAt }: ParsedToken,
  ): Promise<IssuedToken> {
    const issued = secrets.issue(ownership.kind);
    const token: Token = {
      id: uow.newId(),
      createdBy: userIdOf(uow.principal),
      parentId: parentOf(uow).parentId,
      identifier: `${identifierPrefix}_${secrets.text(10)}`,
      secretPreview: issued.secretPreview,
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
      ...ownership,
      ...text,
    };
    await insertToken(uow.tx, token, issued.digest);
    return { token, secret: issued.secret };
  }

  return {
    async create(uow, request) {
      const ownerId = userIdOf(uow.principal);
      const owner = ownerId === null ? null : await findUser(uow.tx, ownerId);
      if (!owner) throw failure('UNAUTHENTICATED');
      const parent = parentOf(uow);
      const { access, ...parsed } = parsePersonal(uow, request, parent.expiresAt, limits);
      if (parent.parentId !== null && access === 'FULL') throw forbidden('EXCEEDS_CALLER');
      requireNoLater(parsed.expiresAt, parent.expiresAt);
      const rules = await resolveScopeRules(uow, owner.id, request.scopes ?? [], ['input', 'scopes'], limits);
      const ownership = {
        kind: 'PERSONAL',
        ownerId: owner.id,
        workspaceId: null,
        access,
        role: null,
      } as const;
      const issued = await issue(uow, ownership, owner.email, parsed);
      await requireAtMost(uow, { ownerId: owner.id }, limits.tokensPerUser);
      const scopes: TokenScope[] = rules.map((rule) => ({ ...rule, id: uow.newId() }));
      await insertScopes(uow.tx, issued.token.id, scopes);
      await auditToken(uow, 'token.created', issued.token, {
        access,
        scopes: scopes.length,
        expiresAt: toIsoString(parsed.expiresAt),
      });
      return issued;
    },

    async createForWorkspace(uow, request) {
      const { role } = request;
      const [workspace] = await findWorkspaces(uow.tx, [request.workspaceId]);
      if (!workspace) throw failure('NOT_FOUND');
      const { id: workspaceId, policy } = workspace;
      const parent = parentOf(uow);
      const parsed = parseWorkspace(uow, request, parent.expiresAt, policy.maxLifetime);
      requireCanGive(uow, role);
      requireNoLater(parsed.expiresAt, parent.expiresAt);
      if (!policy.tokenRoles.includes(role)) throw forbidden('POLICY');
      checkWorkspaceExpiry(parsed.expiresAt, uow.now, policy);
      const ownership = { kind: 'WORKSPACE', ownerId: null, workspaceId, access: 'ROLE', role } as const;
      const issued = await issue(uow, ownership, workspace.slug, parsed);
      await requireAtMost(uow, { workspaceId }, limits.tokensPerWorkspace);
      await auditToken(uow, 'token.created', issued.token, {
        role,
        expiresAt: toIsoString(parsed.expiresAt),
      });
      return issued;
    },
  };
}

/** Returns an instant in milliseconds as an ISO 8601 string. */
export function toIsoString(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function parsePersonal(
  uow: UnitOfWork,
  request: CreateTokenRequest,
  parentExpiresAt: number | null,
  limits: Limits,
): ParsedToken & { access: PersonalAccess } {
  const check = inputCheck();
  const text = parseText(check, request);
  const expiresAt = check.try(() => {
    if (!request.expires) return defaultExpiry(uow.now, limits.personalTokenLifetime, parentExpiresAt);
    const at = parseExpiry(request.expires, uow.now, ['input', 'expires']);
    const bounds = { maxLifetime: limits.personalTokenLifetime, required: true };
    checkPersonalExpiry(at, uow.now, bounds, ['input', 'expires']);
    return at;
  });
  const access = check.try(() => parsePersonalAccess(request));
  check.finish();
  return { text, expiresAt: expiresAt as number, access: access as PersonalAccess };
}

/** Returns the access level of a personal token. Throws `BAD_USER_INPUT` if it does not fit the scopes. */
function parsePersonalAccess({ access, scopes }: CreateTokenRequest): PersonalAccess {
  if (access === 'ROLE') throw badInput(['input', 'access'], 'only a workspace token acts with a role');
  if (access === 'SCOPED' && !scopes) {
    throw badInput(['input', 'scopes'], 'is required with access SCOPED; it can be empty');
  }
  if (access !== 'SCOPED' && scopes) {
    throw badInput(['input', 'scopes'], 'must be left out unless access is SCOPED');
  }
  return access;
}

function parseWorkspace(
  uow: UnitOfWork,
  request: CreateWorkspaceTokenRequest,
  parentExpiresAt: number | null,
  maxLifetime: number | null,
): ParsedToken {
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
