import type { AccessRequest } from '../../domain/authority.ts';
import { forbidden } from '../../domain/errors.ts';
import { isAtLeast } from '../../domain/roles.ts';
import { parseSubject } from '../../domain/text.ts';
import type { Token } from '../../domain/token.ts';
import { findLiveIssuedTokens, findLiveTokensOfSubject } from '../../storage/repositories/token-issuers.ts';
import type { Caller } from '../access/caller.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { authorizedToken, revokeAll } from './lifecycle.ts';

/** How many tokens one transaction revokes, so that other changes can run between two of them. */
const TOKENS_PER_TRANSACTION = 50;

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
   * Revokes every token of a subject in one transaction; returns how many were not revoked before. Throws `FORBIDDEN`
   * with `ROLE_REQUIRED`, and revokes none, if one of them has a role above the caller's.
   */
  endSubject(uow: UnitOfWork, request: EndSubjectRequest): Promise<number>;
  /**
   * Revokes the tokens that a token and its descendants issued for subjects from an instant on, in several transactions
   * that each authorize the caller; returns how many were not revoked before. Throws `FORBIDDEN` with `ROLE_REQUIRED` at
   * the first one whose role is above the caller's.
   */
  revokeIssuedBy(caller: Caller, access: AccessRequest, request: RevokeIssuedByRequest): Promise<number>;
}

/** Throws `FORBIDDEN` with `ROLE_REQUIRED` if a token has a role above the caller's. */
function requireRoleFor({ grant }: UnitOfWork, tokens: readonly Token[]): void {
  for (const { role } of tokens) {
    const isWithin = role !== null && grant.role !== null && isAtLeast(grant.role, role);
    if (!isWithin) throw forbidden('ROLE_REQUIRED', { role: role ?? 'OWNER' });
  }
}

/** Revokes tokens and what derives from them; returns their number. Throws the errors of `requireRoleFor`. */
async function revokeWithin(
  uow: UnitOfWork,
  tokens: readonly Token[],
  detail: Record<string, unknown> = {},
): Promise<number> {
  requireRoleFor(uow, tokens);
  await revokeAll(uow, tokens, detail);
  return tokens.length;
}

/** Returns the part of the token service for customers. */
export function createTokenSubjects(deps: { changes: UnitOfWorkRunner }): TokenSubjects {
  return {
    async endSubject(uow, { workspaceId, subject: text }) {
      const subject = parseSubject(text, ['input', 'subject']);
      const tokens = await findLiveTokensOfSubject(uow.tx, workspaceId, subject);
      return revokeWithin(uow, tokens, { subject });
    },

    async revokeIssuedBy(caller, access, { tokenId, since }) {
      for (let total = 0; ; ) {
        const revoked = await deps.changes.run(caller, access, async (uow) => {
          const { id } = authorizedToken(uow, tokenId);
          const tokens = await findLiveIssuedTokens(uow.tx, id, since, TOKENS_PER_TRANSACTION);
          return revokeWithin(uow, tokens);
        });
        total += revoked;
        if (revoked < TOKENS_PER_TRANSACTION) return total;
      }
    },
  };
}
