/** A user account. Instants are milliseconds since the epoch. */
export interface User {
  readonly id: string;
  readonly email: string;
  /** When the operator verified the address; `null` while it is unverified. */
  readonly emailVerifiedAt: number | null;
  readonly name: string;
  readonly createdAt: number;
  readonly deactivatedAt: number | null;
}

/** How accounts are created: by accepting an invitation, or only by the operator. */
export const NEW_ACCOUNTS = ['invitation', 'operator'] as const;
export type NewAccounts = (typeof NEW_ACCOUNTS)[number];

/** A signed-in browser or program of a user. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The address and user agent of the sign-in. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** The name of the command line that has the session, as it calls itself; `null` for a browser. */
  readonly commandLine: string | null;
  readonly lastUsedAt: number | null;
}

/**
 * Returns when a session ends: at its expiry, or earlier if nothing uses it for `idleTimeout` milliseconds after the
 * sign-in or the last use. `null` never ends an unused session early.
 */
export function sessionEnd(
  { createdAt, expiresAt, lastUsedAt }: Pick<Session, 'createdAt' | 'expiresAt' | 'lastUsedAt'>,
  idleTimeout: number | null,
): number {
  if (idleTimeout === null) return expiresAt;
  return Math.min(expiresAt, Math.max(createdAt, lastUsedAt ?? 0) + idleTimeout);
}
