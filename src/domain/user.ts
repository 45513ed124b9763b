/** A person with an account. Instants are milliseconds since the epoch. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly createdAt: number;
  readonly deactivatedAt: number | null;
}

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
