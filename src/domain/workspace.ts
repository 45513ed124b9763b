import type { TokenPolicy } from './policy.ts';
import { ROLES, type Role } from './roles.ts';

/** A workspace, which members, workspace tokens and channels belong to. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly createdAt: number;
  readonly policy: TokenPolicy;
}

/** The membership of a user in a workspace. */
export interface Member {
  readonly workspaceId: string;
  readonly userId: string;
  /** The higher of the direct role and the role of the member's groups. */
  readonly role: Role;
  /** The role that persons and tokens gave; `null` for a member by groups alone. */
  readonly directRole: Role | null;
  readonly joinedAt: number;
}

/** Why an invitation that has not expired can no longer be accepted. */
export type InvitationVoidReason = 'ADDRESS_RELEASED' | 'INVITER_LOST_AUTHORITY';

/** An open invitation; it works once and for its email only. */
export interface Invitation {
  readonly id: string;
  readonly workspaceId: string;
  readonly email: string;
  readonly role: Role;
  /** The user who invited; `null` if the user no longer exists, or if a workspace token invited. */
  readonly invitedBy: string | null;
  /** The workspace token that invited; the invitation is deleted with it. */
  readonly invitedByToken: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** `null` while it can be accepted. */
  readonly voidReason: InvitationVoidReason | null;
}

/** The policy of a new workspace: allowed, no limit, expiry not required, every role. */
export const DEFAULT_POLICY: TokenPolicy = Object.freeze({
  personalTokens: 'ALLOWED',
  maxLifetime: null,
  ownerSeenWithin: null,
  requireExpiry: false,
  tokenRoles: ROLES,
});
