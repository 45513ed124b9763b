import type { AuditActor } from '../../domain/audit.ts';
import { PosternError } from '../../domain/errors.ts';
import { fulfilsAll } from '../../domain/federation/claims.ts';
import {
  addressOf,
  type Federation,
  type FederationSettings,
  hasOwnAudience,
} from '../../domain/federation/federation.ts';
import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import type { WorkspaceTokenPrincipal } from '../../domain/principal.ts';
import { includesRule, type ScopeRule } from '../../domain/scopes.ts';
import { toName } from '../../domain/text.ts';
import type { Token } from '../../domain/token.ts';
import { parseScopeParameter } from '../../domain/values/oauth-scopes.ts';
import type { Logger } from '../../platform/logger.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import {
  findFederation,
  findFederationsFor,
  setFederationUsed,
} from '../../storage/repositories/federation/federations.ts';
import { insertScopes } from '../../storage/repositories/token-scopes.ts';
import { insertToken } from '../../storage/repositories/tokens.ts';
import { spendJwt } from '../../storage/repositories/used-jwts.ts';
import { findWorkspaces } from '../../storage/repositories/workspaces.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Caller } from '../access/caller.ts';
import { resolveScopeRules } from '../access/delegation.ts';
import { findEffectiveScopes } from '../access/introspection.ts';
import { requireBelowLimit } from '../tokens/create.ts';
import { auditToken } from '../tokens/descendants.ts';
import { createUnusedToken } from '../tokens/new-token.ts';
import { repeatOutdated } from '../transactions/repeat-outdated.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { SubjectToken, SubjectTokens } from './subject-tokens.ts';

/** The federations that one audience can name; more are as ambiguous as two. */
const CANDIDATES_MAX = 1000;
/** How long a client waits if the workspace has as many tokens as it can have, in seconds. */
const RETRY_SECONDS = 60;

/** What a client presents (RFC 8693, section 2.1). */
export interface ExchangeRequest {
  readonly subjectToken: string;
  /** What names the federation besides the token: its audience or its address. */
  readonly targets: readonly string[];
  /** The requested scopes; `null` for all that the federation gives. */
  readonly scope: string | null;
}

/** Why a token is not exchanged, as RFC 8693, section 2.2.2, and RFC 6749, section 5.2, call it. */
export type ExchangeRefusal = 'invalid_grant' | 'invalid_target' | 'invalid_scope';

/** The new workspace token, or why there is none. */
export type ExchangeResult =
  | { readonly refusal: ExchangeRefusal }
  | {
      readonly secret: string;
      /** In milliseconds. */
      readonly expiresIn: number;
      /** What the token is allowed now, as introspection shows it. */
      readonly scopes: readonly ScopeRule[];
    };

/** Gives short-lived workspace tokens for the JSON Web Tokens of issuers (RFC 8693). */
export interface TokenExchange {
  /**
   * Exchanges a token. A refusal stores nothing. Throws `UNAVAILABLE` if the keys of the issuer are not known, or
   * `RATE_LIMITED` if the workspace cannot have another token now.
   */
  exchange(caller: Caller, request: ExchangeRequest): Promise<ExchangeResult>;
}

/** The authority of a new token: the federation's, or the part of it that the client asked for. */
interface Authority {
  readonly access: 'ROLE' | 'SCOPED';
  readonly rules: readonly ScopeRule[];
}

/** An anonymous caller in the audit log. */
function actorOf({ address, userAgent }: Caller): AuditActor {
  return { actorKind: null, actorId: null, actorTokenId: null, ip: address, userAgent };
}

function federationIdIn(target: string): string | null {
  const id = /\/federations\/(\w+)$/.exec(target)?.[1];
  return id === undefined ? null : decodeGlobalId('Federation', id);
}

/** Returns a claim as the log and the description of a token show it; `null` if it is no text. */
function shown(claim: unknown): string | null {
  return typeof claim === 'string' ? toName(claim, '') || null : null;
}

function toPrincipal(token: Token, { role }: Federation, { rules }: Authority): WorkspaceTokenPrincipal {
  const { id: tokenId, workspaceId, federationId, access, expiresAt, issuedAt, limits } = token;
  const lifetime = expiresAt === null ? null : expiresAt - issuedAt;
  return {
    kind: 'WORKSPACE_TOKEN',
    ...{ tokenId, workspaceId: workspaceId ?? '', role, subject: null, federationId },
    endsAt: expiresAt,
    replacesSecret: false,
    chain: [{ tokenId, access, scopes: rules, lifetime, expiresAt, limits }],
  };
}

/** Returns the exchange of a database; `subjectTokens` is `null` if the operator lists no issuer. */
export function createTokenExchange(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  anonymousWork: AnonymousWork;
  subjectTokens: SubjectTokens | null;
  settings: FederationSettings;
  publicUrl: string | null;
  secrets: SecretSource;
  limits: Limits;
  logger: Logger;
}): TokenExchange {
  const { db, changes, anonymousWork, subjectTokens, settings, publicUrl, secrets, limits, logger } = deps;

  /** Returns whether the operator still allows the audience of a federation. */
  function isAllowed(federation: Federation): boolean {
    return hasOwnAudience(federation) || settings.audiences.includes(federation.audience);
  }

  function isNamed({ id, audience }: Federation, targets: readonly string[]): boolean {
    return targets.every((target) => target === audience || target === addressOf(publicUrl ?? '', id));
  }

  /** Returns the only federation that accepts a token; `null` if there is none, or more than one. */
  async function choose(subject: SubjectToken, targets: readonly string[]): Promise<Federation | null> {
    const { issuer, audiences, claims } = subject;
    const id = targets.map(federationIdIn).find((found) => found !== null);
    const named = id === undefined || id === null ? null : await findFederation(db, id);
    const found = named ? [named] : await findFederationsFor(db, issuer, audiences, CANDIDATES_MAX);
    const accepting = found.filter(
      (each) =>
        each.issuer === issuer &&
        audiences.includes(each.audience) &&
        isAllowed(each) &&
        isNamed(each, targets) &&
        fulfilsAll(claims, each.claims),
    );
    const [only, ...others] = accepting;
    if (only && others.length === 0 && found.length < CANDIDATES_MAX) return only;
    const detail = { issuer, candidates: found.length, accepting: accepting.length };
    logger.info(detail, 'no federation, or more than one, accepts a JSON Web Token');
    return null;
  }

  /** Returns the authority of a new token; `null` if the client asks for more than the federation gives. */
  async function narrow(
    uow: UnitOfWork,
    { workspaceId, scopes }: Federation,
    scope: string | null,
  ): Promise<Authority | null> {
    if (scope === null) return { access: scopes ? 'SCOPED' : 'ROLE', rules: scopes ?? [] };
    const requests = parseScopeParameter(scope);
    if (requests === null) return null;
    try {
      const rules = await resolveScopeRules(uow, { workspaceId }, requests, ['scope'], limits);
      const isWithin = scopes === null || rules.every((rule) => includesRule(scopes, rule));
      return isWithin ? { access: 'SCOPED', rules } : null;
    } catch (error) {
      const isRefused =
        error instanceof PosternError && ['BAD_USER_INPUT', 'LIMIT_REACHED'].includes(error.code);
      if (isRefused) return null;
      throw error;
    }
  }

  async function requireRoom(uow: UnitOfWork, workspaceId: string): Promise<void> {
    try {
      await requireBelowLimit(uow, { workspaceId }, limits.tokensPerWorkspace);
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      throw new PosternError(
        'RATE_LIMITED',
        { retryAfter: RETRY_SECONDS },
        'The workspace has as many tokens as it can have: try again when some have expired.',
      );
    }
  }

  async function issue(
    uow: UnitOfWork,
    federation: Federation,
    { claims, issuer }: SubjectToken,
    authority: Authority,
    slug: string,
    lifetime: number,
  ) {
    const { id: federationId, workspaceId, role, grantId, name } = federation;
    const { access, rules } = authority;
    const sub = shown(claims.sub);
    const issued = secrets.issue('WORKSPACE');
    const token = createUnusedToken(
      uow,
      { kind: 'WORKSPACE', ownerId: null, workspaceId, access, role },
      {
        ...{ createdBy: null, parentId: grantId, issuedBy: null, federationId, isImported: false },
        identifier: `${slug}_${secrets.text(10)}`,
        secretPreview: issued.secretPreview,
      },
      {
        text: { name, description: sub, subject: null, metadataJson: null },
        expiresAt: uow.now + lifetime,
        limits: null,
      },
    );
    await insertToken(uow.tx, token, issued.digest);
    await insertScopes(
      uow.tx,
      token.id,
      rules.map((rule) => ({ ...rule, id: uow.newId() })),
    );
    await setFederationUsed(uow.tx, federationId, uow.now);
    await auditToken(uow, 'token.created', token, {
      ...{ federation: toGlobalId('Federation', federationId), issuer, sub, jti: shown(claims.jti), role },
      ...(access === 'SCOPED' && { access, scopes: rules.length }),
      expiresAt: new Date(uow.now + lifetime).toISOString(),
    });
    const principal = toPrincipal(token, federation, authority);
    const scopes = await findEffectiveScopes(uow.tx, principal, workspaceId, uow.now);
    return { secret: issued.secret, expiresIn: lifetime, scopes };
  }

  /**
   * Gives a token in one transaction, which holds the federation as it was chosen. Writes nothing before the last refusal. Returns
   * `null`, and writes nothing, if the federation has changed since it was chosen, or was deleted.
   */
  async function give(
    uow: UnitOfWork,
    chosen: Federation,
    subject: SubjectToken,
    scope: string | null,
  ): Promise<ExchangeResult | null> {
    const { id, workspaceId, role, grantId, singleUse, maxLifetime } = chosen;
    const present = await findFederation(uow.tx, id);
    const [workspace] = await findWorkspaces(uow.tx, [workspaceId]);
    if (present?.grantId !== grantId) return null;
    if (!workspace) return { refusal: 'invalid_target' };
    const { policy, slug } = workspace;
    if (!policy.tokenRoles.includes(role)) return { refusal: 'invalid_target' };
    const authority = await narrow(uow, chosen, scope);
    if (authority === null) return { refusal: 'invalid_scope' };
    await requireRoom(uow, workspaceId);
    const isNew = await spendJwt(uow.tx, subject.digest, subject.endsAt);
    if (singleUse && !isNew) return { refusal: 'invalid_grant' };
    const lifetime = Math.min(maxLifetime, policy.maxLifetime ?? maxLifetime);
    return issue(uow, chosen, subject, authority, slug, lifetime);
  }

  return {
    async exchange(caller, { subjectToken, targets, scope }) {
      const subject = await subjectTokens?.verify(subjectToken);
      if (!subject) return { refusal: 'invalid_grant' };
      const attempt = async (): Promise<ExchangeResult | null> => {
        const chosen = await choose(subject, targets);
        if (!chosen) return { refusal: 'invalid_target' };
        const locks = [{ on: 'workspace', id: chosen.workspaceId }] as const;
        return changes.resume(actorOf(caller), locks, (uow) => give(uow, chosen, subject, scope));
      };
      return anonymousWork(() => repeatOutdated(attempt));
    },
  };
}
