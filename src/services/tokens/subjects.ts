import { forbidden } from '../../domain/errors.ts';
import { isAtLeast } from '../../domain/roles.ts';
import { parseSubject } from '../../domain/text.ts';
import { countLiveTokens, type TokenSet } from '../../storage/repositories/ends/token-ends.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { revokeSet } from './ends.ts';
import { authorizedToken } from './lifecycle.ts';

export interface EndSubjectRequest {
  readonly workspaceId: string;
  readonly subject: string;
}

export interface RevokeIssuedByRequest {
  readonly tokenId: string;
  /** The earliest creation, in milliseconds; `null` for all. */
  readonly since: number | null;
}

/** Ends the tokens of a customer, and those that a service issued for its customers. */
export interface TokenSubjects {
  /**
   * Revokes every token of a subject; returns how many were not revoked before. Throws `FORBIDDEN` with `ROLE_REQUIRED`, and
   * revokes none, if one of them has a role above the caller's.
   */
  endSubject(uow: UnitOfWork, request: EndSubjectRequest): Promise<number>;
  /**
   * Revokes the tokens that the authorized token and its descendants issued for subjects from an instant on; returns how many
   * were not revoked before. Throws the errors of `endSubject`.
   */
  revokeIssuedBy(uow: UnitOfWork, request: RevokeIssuedByRequest): Promise<number>;
}

/** Throws `FORBIDDEN` with `ROLE_REQUIRED` if a token of a set that is not revoked has a role above the caller's. */
async function requireRoleFor({ tx, grant }: UnitOfWork, set: TokenSet): Promise<void> {
  const { count, role } = await countLiveTokens(tx, set);
  if (count === 0 || (role !== null && grant.role !== null && isAtLeast(grant.role, role))) return;
  throw forbidden('ROLE_REQUIRED', { role: role ?? 'OWNER' });
}

/** Revokes the tokens of a set as `revokeSet` does. Throws the error of `requireRoleFor`. */
async function revokeWithin(
  uow: UnitOfWork,
  set: TokenSet,
  detail: Record<string, unknown> = {},
): Promise<number> {
  await requireRoleFor(uow, set);
  return revokeSet(uow, set, { detail });
}

/** The part of the token service for customers. */
export const tokenSubjects: TokenSubjects = {
  async endSubject(uow, { workspaceId, subject: text }) {
    const subject = parseSubject(text, ['input', 'subject']);
    return revokeWithin(uow, { holder: { on: 'workspace', id: workspaceId }, subject }, { subject });
  },

  async revokeIssuedBy(uow, { tokenId, since }) {
    const { id, workspaceId } = authorizedToken(uow, tokenId);
    // A personal token issues none.
    if (workspaceId === null) return 0;
    return revokeWithin(uow, { holder: { on: 'workspace', id: workspaceId }, issuedBy: id, since });
  },
};
