import { failure, forbidden, type PosternError } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { hasLimits, isToken, userIdOf } from '../../domain/principal.ts';
import type { TokenScope } from '../../domain/scopes.ts';
import type { Token, TokenOwnership } from '../../domain/token.ts';
import { checkWorkspaceExpiry } from '../../domain/token-lifetime.ts';
import { inheritLimits, isWithinLimits, type TokenLimits } from '../../domain/values/limits.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import { hasTokens } from '../../storage/query/token-amounts.ts';
import { findUser } from '../../storage/repositories/accounts/users.ts';
import { insertIssuers } from '../../storage/repositories/token-issuers.ts';
import { insertScopes } from '../../storage/repositories/token-scopes.ts';
import { insertToken } from '../../storage/repositories/tokens.ts';
import { findWorkspaces } from '../../storage/repositories/workspaces.ts';
import { parentOf, resolveScopeRules, type ScopeRequest, scopeHolderOf } from '../access/delegation.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { requireCanGive } from '../workspaces/members.ts';
import { auditToken } from './descendants.ts';
import {
  type CreateTokenRequest,
  type CreateWorkspaceTokenRequest,
  createUnusedToken,
  type ParsedToken,
  parsePersonal,
  parseWorkspace,
} from './new-token.ts';

/** A token with its new secret, which is returned only here. */
export interface IssuedToken {
  readonly token: Token;
  readonly secret: string;
}

/** The token that a new token derives from or was issued by: at most one of them is set. */
interface Origin {
  readonly parentId: string | null;
  readonly issuedBy: string | null;
  /** The latest expiry of the new token; `null` if there is none. */
  readonly expiresAt: number | null;
}

/** Creates tokens. */
export interface TokenCreation {
  /**
   * Creates a personal token of the caller's user. If the caller is a token, the new token derives from it and cannot
   * exceed its access or lifetime. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, or `FORBIDDEN` with `EXCEEDS_CALLER`.
   */
  create(uow: UnitOfWork, request: CreateTokenRequest): Promise<IssuedToken>;
  /** Returns the name and the expiry of the token that `create` would create now. Throws the errors of `create`. */
  check(uow: UnitOfWork, request: CreateTokenRequest): Promise<{ name: string; expiresAt: number }>;
  /**
   * Creates a workspace token. If the caller is a token, the new token derives from it, unless it is scoped and has a
   * subject: then it belongs to the workspace alone and outlives the caller. Throws the errors of `create`,
   * `EXCEEDS_CALLER` also if the role is above the caller's, and `FORBIDDEN` with `POLICY` if the policy of the
   * workspace does not allow the token.
   */
  createForWorkspace(uow: UnitOfWork, request: CreateWorkspaceTokenRequest): Promise<IssuedToken>;
}

/** Throws `FORBIDDEN` with `EXCEEDS_CALLER` if an expiry is later than `latest`; a `latest` of `null` allows any. */
export function requireNoLater(expiresAt: number | null, latest: number | null): void {
  if (latest !== null && (expiresAt === null || expiresAt > latest)) throw forbidden('EXCEEDS_CALLER');
}

type Holder = { readonly ownerId: string } | { readonly workspaceId: string };

function limitReached(holder: Holder, max: number): PosternError {
  const on = 'ownerId' in holder ? 'user' : 'workspace';
  return failure('LIMIT_REACHED', `A ${on} can have at most ${max} tokens. Delete some first.`);
}

/** Throws `LIMIT_REACHED` if the holder cannot have another token. The transaction has locked the holder. */
export async function requireBelowLimit(
  uow: Pick<UnitOfWork, 'tx' | 'now'>,
  holder: Holder,
  max: number,
): Promise<void> {
  if (await hasTokens(uow.tx, holder, max, uow.now)) throw limitReached(holder, max);
}

/**
 * Returns the limits of a token that derives from the calling one: the requested ones, and the caller's for each part that
 * is absent. Throws `FORBIDDEN` with `EXCEEDS_CALLER`.
 */
function limitsWithin({ principal }: UnitOfWork, requested: TokenLimits | null): TokenLimits | null {
  if (!hasLimits(principal)) return requested;
  return principal.chain.reduce<TokenLimits | null>((limits, link) => {
    const inherited = inheritLimits(limits, link.limits);
    if (!isWithinLimits(inherited, link.limits)) throw forbidden('EXCEEDS_CALLER');
    return inherited;
  }, requested);
}

/** Returns the email address of the user that the caller acts for. A verified one came with the caller. */
async function emailOf({ tx, principal }: UnitOfWork, userId: string): Promise<string> {
  if ('verifiedEmail' in principal && principal.verifiedEmail !== null) return principal.verifiedEmail;
  const user = await findUser(tx, userId);
  if (!user) throw failure('UNAUTHENTICATED');
  return user.email;
}

/** Returns the creation of the token service. */
export function createTokenCreation(deps: { secrets: SecretSource; limits: Limits }): TokenCreation {
  const { secrets, limits } = deps;

  async function issue(
    uow: UnitOfWork,
    ownership: TokenOwnership,
    identifierPrefix: string,
    { parentId, issuedBy }: Pick<Origin, 'parentId' | 'issuedBy'>,
    parsed: ParsedToken,
  ): Promise<IssuedToken> {
    const limits = parentId === null ? parsed.limits : limitsWithin(uow, parsed.limits);
    const issued = secrets.issue(ownership.kind);
    const origin = {
      createdBy: userIdOf(uow.principal),
      parentId,
      issuedBy,
      federationId: parentId === null ? null : federationIdOf(uow),
      identifier: `${identifierPrefix}_${secrets.text(10)}`,
      secretPreview: issued.secretPreview,
      isImported: false,
    };
    const token = createUnusedToken(uow, ownership, origin, { ...parsed, limits });
    await insertToken(uow.tx, token, issued.digest);
    return { token, secret: issued.secret };
  }

  /** Returns the scopes of a new token. Throws the errors of `resolveScopeRules`. */
  async function resolveScopes(
    uow: UnitOfWork,
    ownership: TokenOwnership,
    requests: readonly ScopeRequest[] | null | undefined,
  ): Promise<TokenScope[]> {
    const holder = scopeHolderOf(ownership);
    const rules = await resolveScopeRules(uow, holder, requests ?? [], ['input', 'scopes'], limits);
    return rules.map((rule) => ({ ...rule, id: uow.newId() }));
  }

  /** Decides on a personal token, before anything is written: a refusal makes no other call run again that shares the transaction. */
  async function preparePersonal(uow: UnitOfWork, request: CreateTokenRequest) {
    const ownerId = userIdOf(uow.principal);
    if (ownerId === null) throw failure('UNAUTHENTICATED');
    const max = limits.tokensPerUser;
    // Sent together, so that PostgreSQL is waited for once.
    const [email, isFull] = await Promise.all([
      emailOf(uow, ownerId),
      hasTokens(uow.tx, { ownerId }, max, uow.now),
    ]);
    const parent = parentOf(uow);
    const { access, ...parsed } = parsePersonal(uow.now, request, parent.expiresAt, limits);
    if (parent.parentId !== null && access === 'FULL') throw forbidden('EXCEEDS_CALLER');
    requireNoLater(parsed.expiresAt, parent.expiresAt);
    const ownership = { kind: 'PERSONAL', ownerId, workspaceId: null, access, role: null } as const;
    const origin = { parentId: parent.parentId, issuedBy: null };
    const scopes = await resolveScopes(uow, ownership, request.scopes);
    if (isFull) throw limitReached({ ownerId }, max);
    return { email, access, parsed, ownership, origin, scopes };
  }

  return {
    async check(uow, request) {
      const { parsed } = await preparePersonal(uow, request);
      return { name: parsed.text.name, expiresAt: parsed.expiresAt };
    },

    async create(uow, request) {
      const { email, access, parsed, ownership, origin, scopes } = await preparePersonal(uow, request);
      const issued = await issue(uow, ownership, email, origin, parsed);
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
      const origin = originOf(uow, request);
      const { access, ...parsed } = parseWorkspace(uow.now, request, origin.expiresAt, policy.maxLifetime);
      requireCanGive(uow, role);
      requireNoLater(parsed.expiresAt, origin.expiresAt);
      if (!policy.tokenRoles.includes(role)) throw forbidden('POLICY');
      checkWorkspaceExpiry(parsed.expiresAt, uow.now, policy);
      const ownership = { kind: 'WORKSPACE', ownerId: null, workspaceId, access, role } as const;
      const scopes = await resolveScopes(uow, ownership, request.scopes);
      await requireBelowLimit(uow, { workspaceId }, limits.tokensPerWorkspace);
      const issued = await issue(uow, ownership, workspace.slug, origin, parsed);
      if (origin.issuedBy !== null) await insertIssuers(uow.tx, issued.token.id, chainIds(uow));
      await insertScopes(uow.tx, issued.token.id, scopes);
      await auditToken(uow, 'token.created', issued.token, {
        role,
        ...(access === 'SCOPED' && { access, scopes: scopes.length }),
        ...(parsed.text.subject !== null && { subject: parsed.text.subject }),
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

/** Returns the federation that the calling token comes from. */
function federationIdOf({ principal }: UnitOfWork): string | null {
  return principal.kind === 'WORKSPACE_TOKEN' ? principal.federationId : null;
}

/** Returns the ids of the calling token and its ancestors. */
function chainIds({ principal }: UnitOfWork): string[] {
  return isToken(principal) ? principal.chain.map(({ tokenId }) => tokenId) : [];
}

/**
 * Returns where a new workspace token comes from. A scoped token with a subject that a token makes is a customer's: it
 * must not end with the token of the service that issued it.
 */
function originOf(uow: UnitOfWork, { access, subject }: CreateWorkspaceTokenRequest): Origin {
  const { parentId, expiresAt } = parentOf(uow);
  return access === 'SCOPED' && subject != null
    ? { parentId: null, issuedBy: parentId, expiresAt: null }
    : { parentId, issuedBy: null, expiresAt };
}
