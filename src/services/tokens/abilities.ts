import { type Decision, NOT_FOUND } from '../../domain/decision.ts';
import { isOpenTo } from '../../domain/policy.ts';
import { type Principal, policySubjectOf, type TokenPrincipal } from '../../domain/principal.ts';
import { isBuiltIn, type Operation, type ScopeRule } from '../../domain/scopes.ts';
import type { Token } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import { findDeclaredOperations } from '../../storage/repositories/entity-types.ts';
import { filterDescendants } from '../../storage/repositories/tokens.ts';
import { findPolicies, findWorkspacesOfChannels } from '../../storage/repositories/workspace-access.ts';
import type { AccessCheck, AccessService, Pace } from '../access/access-checks.ts';
import type { Authentication } from '../access/authentication.ts';

/** Something that holds a token back. */
export interface TokenRestriction {
  readonly workspaceId: string;
  readonly reason: 'POLICY' | 'OPERATION_GONE';
  /** The registered type whose declaration changed; `null` for `POLICY`. */
  readonly entityType: string | null;
  /** The operations of a scope that the type no longer declares; `null` for `POLICY`. */
  readonly operations: readonly Operation[] | null;
}

/** Answers what a token can do, without using it. */
export interface TokenAbilities {
  /**
   * Returns the decisions that `canAll` would give the token itself: for a token that is refused, a denial with the code
   * of that refusal. `null` if the caller is not allowed to know. Throws `BAD_USER_INPUT` if there are too many checks.
   */
  abilities(
    principal: Principal,
    token: Token,
    checks: readonly AccessCheck[],
    pace: Pace,
  ): Promise<Decision[] | null>;
  /**
   * Returns what holds a token back: to a calling token only in workspaces that a scope names. `null` if the caller is not
   * allowed to know.
   */
  restrictions(principal: Principal, token: Token): Promise<TokenRestriction[] | null>;
}

/** Returns whether a scope can reach into a workspace. */
function reaches(scope: ScopeRule, workspaceId: string, homes: ReadonlyMap<string, string>): boolean {
  const { entityType, entityId } = scope;
  if (entityType === 'token') return false;
  if (entityId !== null && entityType === 'workspace') return entityId === workspaceId;
  if (entityId !== null && entityType === 'channel') return homes.get(entityId) === workspaceId;
  return scope.workspaceId === null || scope.workspaceId === workspaceId;
}

function isNamed(scope: ScopeRule, workspaceId: string): boolean {
  return scope.workspaceId === workspaceId || scope.entityId === workspaceId;
}

/** Returns the abilities of the token service. */
export function createTokenAbilities(deps: {
  db: Executor;
  clock: Clock;
  access: AccessService;
  authentication: Pick<Authentication, 'identifyTokenById'>;
}): TokenAbilities {
  const { db, clock, access, authentication } = deps;

  /** Returns whether a caller that can read a token also learns what it can do. */
  async function isAllowed(principal: Principal, token: Token): Promise<boolean> {
    if (principal.kind === 'ANONYMOUS') return false;
    if (principal.kind === 'SESSION') return token.ownerId === null || token.ownerId === principal.userId;
    if (principal.tokenId === token.id) return true;
    if (principal.kind === 'WORKSPACE_TOKEN' && principal.chain[0].access === 'ROLE') {
      return token.workspaceId === principal.workspaceId;
    }
    return (await filterDescendants(db, [token.id], principal.tokenId)).has(token.id);
  }

  async function closedWorkspaces(token: Token, subject: TokenPrincipal): Promise<string[]> {
    const policySubject = policySubjectOf(subject, clock());
    const policies = await findPolicies(
      db,
      token.ownerId === null ? { workspaceId: token.workspaceId } : { userId: token.ownerId },
    );
    const closed = policies.filter(({ policy }) => policySubject && !isOpenTo(policy, policySubject));
    const channels = subject.chain.flatMap(({ scopes }) =>
      scopes.flatMap(({ entityType, entityId }) => (entityType === 'channel' && entityId ? [entityId] : [])),
    );
    const homes = await findWorkspacesOfChannels(db, channels);
    return closed
      .map(({ workspaceId }) => workspaceId)
      .filter((id) =>
        subject.chain.every(
          ({ access: level, scopes }) =>
            level !== 'NONE' && (level !== 'SCOPED' || scopes.some((scope) => reaches(scope, id, homes))),
        ),
      );
  }

  async function goneOperations({ chain }: TokenPrincipal): Promise<TokenRestriction[]> {
    const registered = chain[0].scopes.filter(({ entityType }) => !isBuiltIn(entityType));
    const workspaceIds = registered.flatMap(({ workspaceId }) => workspaceId ?? []);
    const declared = await findDeclaredOperations(db, workspaceIds);
    const gone = new Map<string, TokenRestriction>();
    for (const { workspaceId, entityType, operations } of registered) {
      if (workspaceId === null) continue;
      const missing = operations.filter((each) => !declared.has(`${workspaceId} ${entityType} ${each}`));
      const key = `${workspaceId} ${entityType}`;
      const all = new Set([...(gone.get(key)?.operations ?? []), ...missing]);
      if (all.size > 0)
        gone.set(key, { workspaceId, reason: 'OPERATION_GONE', entityType, operations: [...all] });
    }
    return [...gone.values()];
  }

  return {
    async abilities(principal, token, checks, pace) {
      access.requireFew(checks);
      // Without checks there are no units that pay for the statements below.
      if (checks.length === 0) return [];
      if (!(await isAllowed(principal, token))) return null;
      const found = await authentication.identifyTokenById(token.id);
      if (!found) return checks.map(() => NOT_FOUND);
      const isUsedUp = token.usesLeft !== null && token.usesLeft <= 0;
      const code = found.refusal?.code ?? (isUsedUp ? 'TOKEN_USED_UP' : null);
      if (code === null) return access.checkAll(found.principal, checks, pace);
      const denial = { ...NOT_FOUND, code };
      return checks.map(() => denial);
    },

    async restrictions(principal, token) {
      if (!(await isAllowed(principal, token))) return null;
      const found = await authentication.identifyTokenById(token.id);
      if (!found) return [];
      const { principal: subject } = found;
      const closed = (await closedWorkspaces(token, subject)).map(
        (workspaceId): TokenRestriction => ({
          workspaceId,
          reason: 'POLICY',
          entityType: null,
          operations: null,
        }),
      );
      const all = [...closed, ...(await goneOperations(subject))];
      if (principal.kind === 'SESSION' || token.workspaceId !== null) return all;
      const [{ scopes }] = subject.chain;
      return all.filter(({ workspaceId }) => scopes.some((scope) => isNamed(scope, workspaceId)));
    },
  };
}
