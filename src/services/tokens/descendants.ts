import { isDeepStrictEqual } from 'node:util';
import type { AuditAction } from '../../domain/audit.ts';
import type { Federation } from '../../domain/federation/federation.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Token } from '../../domain/token.ts';
import {
  advanceCascade,
  type Cascade,
  deleteCascade,
  findCascade,
  findDescendants,
  insertCascade,
} from '../../storage/repositories/ends/token-cascades.ts';
import { deleteTokens, findToken, limitExpiry, revokeTokens } from '../../storage/repositories/tokens.ts';
import { CHUNK } from '../transactions/chunk.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { endGrantsOfTokens, endInvitationsOfTokens, holderOfToken } from '../workspaces/grant-ends.ts';

/** What happens with the end of a token and its descendants. */
export interface EndOptions {
  /** Whether the shares and invitations that the token and its descendants gave are deleted too. */
  readonly deletesGrants?: boolean;
  /** Added to each audit event. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Writes an audit event about a token into the account log of its owner or the log of its workspace. */
export async function auditToken(
  uow: UnitOfWork,
  action: AuditAction,
  token: Token,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await uow.audit({
    action,
    userId: token.ownerId,
    workspaceId: token.workspaceId,
    targetId: toGlobalId('Token', token.id),
    detail: { name: token.name, identifier: token.identifier, ...detail },
  });
}

/**
 * Revokes tokens from an instant on, but not what derives from them, and deletes the open invitations that they created. Skips
 * those that are revoked already. Adds `detail` to each audit event.
 */
export async function revokeEach(
  uow: UnitOfWork,
  tokens: readonly Token[],
  revokedAt: number,
  detail: EndOptions['detail'] = {},
): Promise<void> {
  const live = tokens.filter((token) => token.revokedAt === null);
  for (let start = 0; start < live.length; start += CHUNK) {
    const chunk = live.slice(start, start + CHUNK);
    const tokenIds = chunk.map(({ id }) => id);
    await revokeTokens(uow.tx, tokenIds, revokedAt, uow.now);
    await endInvitationsOfTokens(uow, chunk);
    for (const token of chunk) await auditToken(uow, 'token.revoked', token, detail);
  }
}

/** Deletes up to `CHUNK` tokens with what they shared, but not what derives from them. The audit log keeps their names. */
export async function deleteEach(uow: UnitOfWork, tokens: readonly Token[]): Promise<void> {
  for (const token of tokens) await auditToken(uow, 'token.deleted', token);
  await endGrantsOfTokens(uow, tokens);
  await deleteTokens(
    uow.tx,
    tokens.map((token) => token.id),
  );
}

/** Brings descendants into the state of the token that they derive from: deleted, revoked, or expiring no later. */
async function applyTo(
  uow: UnitOfWork,
  tokenId: string,
  descendants: readonly Token[],
  { deletesGrants = false, detail = {} }: EndOptions,
): Promise<void> {
  const token = await findToken(uow.tx, tokenId);
  if (!token) {
    await deleteEach(uow, descendants);
    return;
  }
  const ids = descendants.map(({ id }) => id);
  const { revokedAt, expiresAt } = token;
  if (revokedAt !== null) await revokeEach(uow, descendants, revokedAt, detail);
  if (deletesGrants) await endGrantsOfTokens(uow, descendants);
  if (expiresAt !== null) await limitExpiry(uow.tx, ids, expiresAt);
}

/**
 * Brings the descendants of a token into its state, after the token was deleted, revoked, or got an earlier expiry. If there
 * are more than `CHUNK`, it stores a cascade, and their rows follow in chunks; they are refused from the next request on
 * either way, because a check reads the whole chain.
 */
export function applyToDescendants(uow: UnitOfWork, token: Token, options: EndOptions): Promise<void> {
  return applyBelow(uow, token.id, holderOfToken(token), options);
}

/** As `applyToDescendants`, for a token or a grant by its id. */
async function applyBelow(
  uow: UnitOfWork,
  tokenId: string,
  holder: Cascade['holder'],
  { deletesGrants = false, detail = {} }: EndOptions,
): Promise<void> {
  const descendants = await findDescendants(uow.tx, tokenId, '', CHUNK + 1);
  if (descendants.length === 0) return;
  if (descendants.length <= CHUNK) {
    await applyTo(uow, tokenId, descendants, { deletesGrants, detail });
    return;
  }
  const { actor, now: at } = uow;
  await insertCascade(uow.tx, { tokenId, holder, at, deletesGrants, takesBack: false, actor, detail });
  uow.startCascade();
}

/**
 * Deletes the tokens that derive from the grant of a federation, after it was replaced or deleted. As with the descendants of a
 * token, the rows of many follow in chunks.
 */
export function deleteTokensOfGrant(
  uow: UnitOfWork,
  { grantId, workspaceId }: Pick<Federation, 'grantId' | 'workspaceId'>,
): Promise<void> {
  return applyBelow(uow, grantId, { on: 'workspace', id: workspaceId }, {});
}

/**
 * Applies the next chunk of a cascade. Does nothing if the cascade is not as it was read, because another server works on it,
 * or a call replaced it.
 */
export async function applyChunk(uow: UnitOfWork, cascade: Cascade): Promise<void> {
  const { tokenId, afterId } = cascade;
  if (!isDeepStrictEqual(await findCascade(uow.tx, { tokenId }), cascade)) return;
  const chunk = await findDescendants(uow.tx, tokenId, afterId, CHUNK);
  const last = chunk.at(-1);
  if (last) await applyTo(uow, tokenId, chunk, cascade);
  if (last && chunk.length === CHUNK) await advanceCascade(uow.tx, tokenId, last.id);
  else await deleteCascade(uow.tx, tokenId);
}
