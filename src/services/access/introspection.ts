import { requireGrant } from '../../domain/decision.ts';
import { effectiveScopes, namedWorkspaces, type WorkspaceAccess } from '../../domain/effective-scopes.ts';
import { failure, forbidden, PosternError } from '../../domain/errors.ts';
import {
  isToken,
  type Principal,
  requireAddress,
  requirePermanentPassword,
  type SessionPrincipal,
  type TokenPrincipal,
  type WorkspaceTokenPrincipal,
} from '../../domain/principal.ts';
import type { ScopeRule } from '../../domain/scopes.ts';
import { statusOf, type Token } from '../../domain/token.ts';
import { commonNetworks } from '../../domain/values/limits.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import { findMember } from '../../storage/repositories/members.ts';
import { findToken } from '../../storage/repositories/tokens.ts';
import {
  findRoleAccess,
  findWorkspaceAccess,
  findWorkspacesOfChannels,
} from '../../storage/repositories/workspace-access.ts';
import type { Authentication } from './authentication.ts';
import { authorize } from './authorize.ts';
import { isTokenSecret, type SecretReader } from './secret-reader.ts';

/** An active token with the authority that the caller is allowed to see. */
export interface TokenDescription {
  readonly principal: TokenPrincipal;
  readonly token: Token;
  /** The current authority of the token. Each rule names its workspace, except rules about tokens. */
  readonly scopes: readonly ScopeRule[];
  /** The networks that its requests must come from; `null` for anywhere. */
  readonly networks: readonly string[] | null;
}

type AuthorizedCaller = SessionPrincipal | WorkspaceTokenPrincipal;

/** Describes tokens by their secrets (RFC 7662). */
export interface Introspection {
  /**
   * Returns the current authority of an active token; `null` if the token is not active or not visible to the caller. A
   * session sees its user's tokens and the tokens of its user's workspaces. A workspace token sees the authority of
   * tokens in its own workspace. An introspection does not count as a use of the token. Throws `UNAUTHENTICATED`, or
   * `FORBIDDEN` if the caller is a personal token or a policy denies it access to its workspace.
   */
  describe(caller: Principal, secret: string, address: string | null): Promise<TokenDescription | null>;
}

/** Returns the networks in which the token and its ancestors all allow requests; `null` for anywhere. */
function networksOf({ chain }: TokenPrincipal): readonly string[] | null {
  return chain.reduce<readonly string[] | null>(
    (common, { limits }) => commonNetworks(common, limits?.networks ?? null),
    null,
  );
}

/** Returns the access of the token's owner to some workspaces or, with `null`, to all. */
async function findAccess(
  db: Executor,
  subject: TokenPrincipal,
  workspaceIds: readonly string[] | null,
  now: number,
): Promise<WorkspaceAccess[]> {
  if (subject.kind === 'PERSONAL_TOKEN') return findWorkspaceAccess(db, subject.userId, workspaceIds, now);
  if (workspaceIds !== null && !workspaceIds.includes(subject.workspaceId)) return [];
  const access = await findRoleAccess(db, subject.workspaceId, subject.role);
  return access ? [access] : [];
}

/** Returns the authority of a token at an instant, in one workspace or, with `null`, in all. */
export async function findEffectiveScopes(
  db: Executor,
  subject: TokenPrincipal,
  workspaceId: string | null,
  now: number,
): Promise<ScopeRule[]> {
  const channels = subject.chain
    .flatMap((link) => link.scopes)
    .flatMap(({ entityType, entityId }) => (entityType === 'channel' && entityId !== null ? [entityId] : []));
  const homes = await findWorkspacesOfChannels(db, channels);
  const workspaceIds = workspaceId === null ? namedWorkspaces(subject, homes) : [workspaceId];
  return effectiveScopes(subject, await findAccess(db, subject, workspaceIds, now), homes, now);
}

/** Returns the introspection service of a database. */
export function createIntrospection(deps: {
  db: Executor;
  clock: Clock;
  authentication: Authentication;
  secretReader: Pick<SecretReader, 'read'>;
}): Introspection {
  const { db, clock, authentication, secretReader } = deps;

  /**
   * Returns the principal of the active token with a secret; `null` if there is none. The address is that of a client of
   * the caller; without one, its networks do not matter.
   */
  async function identify(secret: string, address: string | null): Promise<TokenPrincipal | null> {
    const found = secretReader.read(secret);
    if (found === null || !isTokenSecret(found)) return null;
    try {
      const principal = await authentication.identify({ ...found, source: 'bearer' });
      if (address !== null) requireAddress(principal, address);
      return isToken(principal) ? principal : null;
    } catch (error) {
      if (error instanceof PosternError) return null;
      throw error;
    }
  }

  /** Returns the caller. Throws unless it is allowed to introspect tokens. */
  async function requireAuthorized(caller: Principal): Promise<AuthorizedCaller> {
    if (caller.kind === 'ANONYMOUS') throw failure('UNAUTHENTICATED');
    if (caller.kind === 'PERSONAL_TOKEN') throw forbidden('ROLE_GATED');
    requirePermanentPassword(caller);
    if (caller.kind === 'WORKSPACE_TOKEN') {
      const request = { kind: 'role', role: 'VIEWER', workspaceId: caller.workspaceId } as const;
      requireGrant(await authorize(db, caller, request, clock()));
    }
    return caller;
  }

  async function isVisibleTo({ userId }: SessionPrincipal, subject: TokenPrincipal): Promise<boolean> {
    if (subject.kind === 'PERSONAL_TOKEN') return subject.userId === userId;
    return (await findMember(db, subject.workspaceId, userId)) !== null;
  }

  /** Returns the scopes that the caller is allowed to see; `null` if the token is not visible to the caller. */
  async function scopesFor(caller: AuthorizedCaller, subject: TokenPrincipal): Promise<ScopeRule[] | null> {
    if (caller.kind === 'SESSION') {
      return (await isVisibleTo(caller, subject)) ? findEffectiveScopes(db, subject, null, clock()) : null;
    }
    const { workspaceId } = caller;
    const effective = await findEffectiveScopes(db, subject, workspaceId, clock());
    const scopes = effective.filter((rule) => rule.workspaceId === workspaceId);
    return scopes.length > 0 ? scopes : null;
  }

  return {
    async describe(caller, secret, address) {
      const authorized = await requireAuthorized(caller);
      const principal = await identify(secret, address);
      const scopes = principal && (await scopesFor(authorized, principal));
      const token = scopes && (await findToken(db, principal.tokenId));
      if (!token || statusOf(token, clock()) !== 'ACTIVE') return null;
      return { principal, token, scopes, networks: networksOf(principal) };
    },
  };
}
