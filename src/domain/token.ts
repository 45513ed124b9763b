import type { Role } from './roles.ts';

export const TOKEN_KINDS = ['PERSONAL', 'WORKSPACE'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

export const TOKEN_ACCESSES = ['NONE', 'SCOPED', 'FULL', 'ROLE'] as const;
export type TokenAccess = (typeof TOKEN_ACCESSES)[number];

export const TOKEN_STATUSES = ['ACTIVE', 'DISABLED', 'EXPIRED', 'REVOKED'] as const;
export type TokenStatus = (typeof TOKEN_STATUSES)[number];

/** The instants that a token's status is worked out from, in milliseconds since the epoch. */
export interface TokenStops {
  readonly revokedAt: number | null;
  readonly disabledAt: number | null;
  /** When the first of the tokens that this one derives from was disabled; `null` where none is. */
  readonly ancestorDisabledAt: number | null;
  readonly expiresAt: number | null;
}

/** A token as people manage it. All instants are milliseconds since the epoch. */
export interface Token extends TokenStops {
  readonly id: string;
  readonly kind: TokenKind;
  /** The user whom a personal token belongs to. */
  readonly ownerId: string | null;
  /** The workspace that a workspace token belongs to. */
  readonly workspaceId: string | null;
  readonly createdBy: string | null;
  readonly parentId: string | null;
  readonly identifier: string;
  readonly name: string;
  readonly description: string | null;
  /** The first characters of the present secret. */
  readonly display: string;
  readonly access: TokenAccess;
  readonly role: Role | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the present secret was issued: at creation, or at the last regeneration. */
  readonly issuedAt: number;
  readonly regeneratedAt: number | null;
  readonly lastUsedAt: number | null;
  readonly lastUsedIp: string | null;
  readonly lastUsedUserAgent: string | null;
}

/** A token's status at an instant: revoked before disabled before expired. Expired from the very millisecond. */
export function statusOf(token: TokenStops, now: number): TokenStatus {
  if (token.revokedAt !== null) return 'REVOKED';
  if (token.disabledAt !== null || token.ancestorDisabledAt !== null) return 'DISABLED';
  if (token.expiresAt !== null && now >= token.expiresAt) return 'EXPIRED';
  return 'ACTIVE';
}
