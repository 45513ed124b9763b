/** A person with an account. Instants are milliseconds since the epoch. */
export interface User {
  readonly id: string;
  readonly email: string;
  /** When the operator vouched for the address; `null` while it is unverified. */
  readonly emailVerifiedAt: number | null;
  readonly name: string;
  readonly createdAt: number;
  readonly deactivatedAt: number | null;
}

/** Who may cause an account to exist: anybody who may invite, or only the operator. */
export const NEW_ACCOUNTS = ['invitation', 'operator'] as const;
export type NewAccounts = (typeof NEW_ACCOUNTS)[number];

/** A person's signed-in browser or program. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Where it was opened from. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly lastUsedAt: number | null;
}
