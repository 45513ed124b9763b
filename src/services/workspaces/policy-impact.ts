import { failure } from '../../domain/errors.ts';
import type { Token } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import {
  type AffectedTokens,
  findAffectedPersonalTokens,
  findAffectedWorkspaceTokens,
} from '../../storage/query/affected-tokens.ts';
import { findTokens } from '../../storage/repositories/tokens.ts';
import { findWorkspaces } from '../../storage/repositories/workspaces.ts';
import { parsePolicyChanges, type TokenPolicyRequest } from './policy-changes.ts';

/** The number of owners and of workspace tokens that are named. */
export const NAMED_MAX = 10;

/** An owner of personal tokens that a change of policy would refuse. */
export interface AffectedOwner {
  readonly userId: string;
  readonly tokenCount: number;
}

/** What a change of a token policy would cut off. */
export interface PolicyImpact {
  readonly personalTokenCount: number;
  readonly workspaceTokenCount: number;
  /** Whether all tokens that could be affected were examined; otherwise the counts are lower bounds. */
  readonly isComplete: boolean;
  /** At most 10, those with the most tokens first. */
  readonly owners: readonly AffectedOwner[];
  /** At most 10 of the workspace tokens, oldest first. */
  readonly workspaceTokens: readonly Token[];
}

function ownersOf({ tokens }: AffectedTokens): AffectedOwner[] {
  const counts = new Map<string, number>();
  for (const { ownerId } of tokens) {
    if (ownerId !== null) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1);
  }
  return [...counts]
    .map(([userId, tokenCount]) => ({ userId, tokenCount }))
    .sort((a, b) => b.tokenCount - a.tokenCount)
    .slice(0, NAMED_MAX);
}

/**
 * Returns a function, which returns the active tokens that a change of a workspace's token policy would refuse and changes
 * nothing. It throws `NOT_FOUND`, or `BAD_USER_INPUT` on a bad lifetime.
 */
export function createPolicyImpact({ db, clock }: { db: Executor; clock: Clock }) {
  return async (request: TokenPolicyRequest): Promise<PolicyImpact> => {
    const changes = parsePolicyChanges(request, []);
    const [workspace] = await findWorkspaces(db, [request.workspaceId]);
    if (!workspace) throw failure('NOT_FOUND');
    const { id, policy: before } = workspace;
    const after = { ...before, ...changes };
    const now = clock();
    const personal = await findAffectedPersonalTokens(db, id, before, after, now);
    const ofWorkspace = await findAffectedWorkspaceTokens(db, id, before, after, now);
    const named = ofWorkspace.tokens.slice(0, NAMED_MAX).map((token) => token.id);
    const found = new Map((await findTokens(db, named)).map((token) => [token.id, token]));
    return {
      personalTokenCount: personal.tokens.length,
      workspaceTokenCount: ofWorkspace.tokens.length,
      isComplete: personal.isComplete && ofWorkspace.isComplete,
      owners: ownersOf(personal),
      workspaceTokens: named.flatMap((tokenId) => found.get(tokenId) ?? []),
    };
  };
}
