import { requireGrant } from '../../domain/decision.ts';
import { effectiveScopes, type WorkspaceAccess } from '../../domain/effective-scopes.ts';
import { failure, forbidden, PosternError } from '../../domain/errors.ts';
import {
  isToken,
  type Principal,
  type SessionPrincipal,
  type TokenPrincipal,
  type WorkspaceTokenPrincipal,
} from '../../domain/principal.ts';
import type { ScopeRule } from '../../domain/scopes.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import type { Token } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
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

/** An active token, as far as it concerns whoever asked. */
export interface TokenDescription {
  readonly principal: TokenPrincipal;
  readonly token: Token;
  /** What it may do now in the workspaces concerned; each rule names its workspace, those about tokens excepted. */
  readonly scopes: readonly ScopeRule[];
}

type Asker = SessionPrincipal | WorkspaceTokenPrincipal;

/** Tells of a token by its secret. */
export interface Introspection {
  /**
   * What a token may do now, as far as it concerns the caller: to a workspace token, what reaches into its workspace; to a
   * session, the person's own tokens, and those of workspaces that the person is a member of. `null` for all else, and for
   * what is not active. Asking is no use of the token. Throws `UNAUTHENTICATED`, or `FORBIDDEN` where the caller is a
   * personal token or its workspace closed to it.
   */
  describe(caller: Principal, secret: string): Promise<TokenDescription | null>;
}

/** Introspection over a database. */
export function createIntrospection(deps: {
  db: Executor;
  clock: Clock;
  authentication: Authentication;
}): Introspection {
  const { db, clock, authentication } = deps;

  /** Whom a secret authenticates as; `null` where it is no active token's. */
  async function identify(secret: string): Promise<TokenPrincipal | null> {
    const kind = kindOfSecret(secret);
    if (kind !== 'PERSONAL' && kind !== 'WORKSPACE') return null;
    try {
      const principal = await authentication.reauthenticate(db, {
        kind,
        digest: digestOf(secret),
        source: 'bearer',
      });
      return isToken(principal) ? principal : null;
    } catch (error) {
      if (error instanceof PosternError) return null;
      throw error;
    }
  }

  /** What the holder of a token has: in one workspace, or with `null` in all. */
  async function holdingsOf(subject: TokenPrincipal, workspaceId: string | null): Promise<WorkspaceAccess[]> {
    if (subject.kind === 'PERSONAL_TOKEN')
      return findWorkspaceAccess(db, subject.userId, workspaceId, clock());
    if (workspaceId !== null && workspaceId !== subject.workspaceId) return [];
    const holding = await findRoleAccess(db, subject.workspaceId, subject.role);
    return holding ? [holding] : [];
  }

  async function scopesIn(subject: TokenPrincipal, workspaceId: string | null): Promise<ScopeRule[]> {
    const channels = subject.chain
      .flatMap((link) => link.scopes)
      .flatMap(({ entityType, entityId }) =>
        entityType === 'channel' && entityId !== null ? [entityId] : [],
      );
    return effectiveScopes(
      subject,
      await holdingsOf(subject, workspaceId),
      await findWorkspacesOfChannels(db, channels),
    );
  }

  /** The caller as one who may ask. Throws what everybody else is answered. */
  async function requireAsker(caller: Principal): Promise<Asker> {
    if (caller.kind === 'ANONYMOUS') throw failure('UNAUTHENTICATED');
    if (caller.kind === 'PERSONAL_TOKEN') throw forbidden('ROLE_GATED');
    if (caller.kind === 'WORKSPACE_TOKEN') {
      const request = { kind: 'role', role: 'VIEWER', workspaceId: caller.workspaceId } as const;
      requireGrant(await authorize(db, caller, request, clock()));
    }
    return caller;
  }

  async function concernsPerson({ userId }: SessionPrincipal, subject: TokenPrincipal): Promise<boolean> {
    if (subject.kind === 'PERSONAL_TOKEN') return subject.userId === userId;
    return (await findMember(db, subject.workspaceId, userId)) !== null;
  }

  /** What a token may do, as far as that concerns who asks; `null` where it does not at all. */
  async function scopesFor(asker: Asker, subject: TokenPrincipal): Promise<ScopeRule[] | null> {
    if (asker.kind === 'SESSION') {
      return (await concernsPerson(asker, subject)) ? scopesIn(subject, null) : null;
    }
    const { workspaceId } = asker;
    const scopes = (await scopesIn(subject, workspaceId)).filter((rule) => rule.workspaceId === workspaceId);
    return scopes.length > 0 ? scopes : null;
  }

  return {
    async describe(caller, secret) {
      const asker = await requireAsker(caller);
      const principal = await identify(secret);
      const scopes = principal && (await scopesFor(asker, principal));
      const token = scopes && (await findToken(db, principal.tokenId));
      return token && { principal, token, scopes };
    },
  };
}
