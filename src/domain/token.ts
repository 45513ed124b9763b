import type { Role } from './roles.ts';
import type { TokenLimits } from './values/limits.ts';

export const TOKEN_KINDS = ['PERSONAL', 'WORKSPACE'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

export const TOKEN_ACCESSES = ['NONE', 'SCOPED', 'FULL', 'ROLE'] as const;
export type TokenAccess = (typeof TOKEN_ACCESSES)[number];

/** The access levels of a personal token. */
export type PersonalAccess = Exclude<TokenAccess, 'ROLE'>;

/** The access levels of a workspace token: all that its role allows, or those of it that its scopes list. */
export type WorkspaceAccessLevel = Extract<TokenAccess, 'ROLE' | 'SCOPED'>;

export const TOKEN_STATUSES = ['ACTIVE', 'DISABLED', 'EXPIRED', 'REVOKED', 'USED_UP'] as const;
export type TokenStatus = (typeof TOKEN_STATUSES)[number];

/** What determines a token's status. Instants are in milliseconds since the epoch. */
export interface TokenStops {
  readonly revokedAt: number | null;
  readonly disabledAt: number | null;
  /** Whether one of the token's ancestors is disabled. */
  readonly isAncestorDisabled: boolean;
  readonly expiresAt: number | null;
  /** Whether no uses are left to the token or one of its ancestors. It can be `false` if an ancestor is disabled. */
  readonly isUsedUp: boolean;
}

/** The fields of every token. All instants are milliseconds since the epoch. */
interface TokenFields extends TokenStops {
  readonly id: string;
  /** The user that created the token; `null` if a workspace token created it or the user was deleted. */
  readonly createdBy: string | null;
  /** The token, or the grant of a federation, that this one derives from; `null` if it derives from none. */
  readonly parentId: string | null;
  /** The federation that it or the token that it derives from comes from. It may be deleted. */
  readonly federationId: string | null;
  readonly identifier: string;
  readonly name: string;
  readonly description: string | null;
  /** The customer or thing that a workspace token stands for; `null` if it stands for none. */
  readonly subject: string | null;
  /** A JSON object that belongs to a workspace token; `null` if it has none. */
  readonly metadataJson: string | null;
  /** The workspace token that issued this one for its subject. It may be deleted. */
  readonly issuedBy: string | null;
  /** The first characters of the current secret; empty for an imported one whose characters are unknown. */
  readonly secretPreview: string;
  /** Whether the current secret was issued by another system and imported. */
  readonly isImported: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the current secret was issued: at creation or at the last regeneration. */
  readonly issuedAt: number;
  readonly regeneratedAt: number | null;
  readonly lastUsedAt: number | null;
  readonly lastUsedIp: string | null;
  readonly lastUsedUserAgent: string | null;
  /** What limits its requests, besides the limits of the tokens that it derives from; `null` for nothing. */
  readonly limits: TokenLimits | null;
  /** How many uses are left to the token or, if that is less, to one of its ancestors; `null` if uses are not limited. */
  readonly usesLeft: number | null;
}

/** The ownership of a token that belongs to a user and acts for that user. */
export interface PersonalOwnership {
  readonly kind: 'PERSONAL';
  readonly ownerId: string;
  readonly workspaceId: null;
  readonly access: PersonalAccess;
  readonly role: null;
}

/** The ownership of a token that belongs to a workspace and acts with a role in it. */
export interface WorkspaceOwnership {
  readonly kind: 'WORKSPACE';
  readonly ownerId: null;
  readonly workspaceId: string;
  readonly access: WorkspaceAccessLevel;
  readonly role: Role;
}

export type TokenOwnership = PersonalOwnership | WorkspaceOwnership;

export type PersonalToken = TokenFields & PersonalOwnership;
export type WorkspaceToken = TokenFields & WorkspaceOwnership;

/** A token without its secret. */
export type Token = PersonalToken | WorkspaceToken;

/**
 * Returns the status at `now`. Revoked takes precedence over disabled, disabled over expired, expired over used up. A token
 * expires at `expiresAt`.
 */
export function statusOf(token: TokenStops, now: number): TokenStatus {
  if (token.revokedAt !== null) return 'REVOKED';
  if (token.disabledAt !== null || token.isAncestorDisabled) return 'DISABLED';
  if (token.expiresAt !== null && now >= token.expiresAt) return 'EXPIRED';
  if (token.isUsedUp) return 'USED_UP';
  return 'ACTIVE';
}

/** Returns whether a workspace token or a federation created the token, and not a user that was deleted since. */
export function isCreatedByToken({ createdBy, parentId, issuedBy }: Token): boolean {
  return createdBy === null && (parentId !== null || issuedBy !== null);
}

/** A filter of a list of tokens. All conditions that are set must hold. Instants are in milliseconds. */
export interface TokenFilter {
  readonly status?: readonly TokenStatus[] | undefined;
  readonly access?: readonly TokenAccess[] | undefined;
  readonly search?: string | undefined;
  readonly expiresBefore?: number | undefined;
  readonly unusedSince?: number | undefined;
  readonly createdBy?: string | undefined;
  readonly subject?: string | undefined;
  /** The token that issued it for its subject, or an ancestor of that token. */
  readonly issuedBy?: string | undefined;
}

/** The number of tokens by status. */
export interface TokenSummary {
  readonly total: number;
  readonly active: number;
  readonly disabled: number;
  readonly expired: number;
  readonly revoked: number;
  readonly usedUp: number;
  /** Active tokens that expire within seven days. */
  readonly expiringSoon: number;
}
