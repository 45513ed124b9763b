/** SQLite's primary result codes for a database that is busy, missing, full or damaged, as better-sqlite3 names them. */
const SQLITE_UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|PROTOCOL)/;

/**
 * PostgreSQL's SQLSTATE classes for connections, authorization, rollbacks, resources, operator intervention and system
 * errors; and the states of a database that is read-only, missing, locked or corrupt, or whose transaction timed out.
 */
const POSTGRES_UNAVAILABLE = /^((08|28|40|53|57|58)[0-9A-Z]{3}|25006|25P0[34]|3D000|55P03|XX00[12])$/;

const UNIQUE_VIOLATIONS = ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'];

const CHECK_VIOLATIONS = ['SQLITE_CONSTRAINT_CHECK', '23514'];

/** Returns the code of an error of the system or a database; `null` if it has none. */
export function errorCodeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Returns whether an error means that the database cannot serve requests now, as opposed to a faulty statement. */
export function isUnavailable(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code !== null && (SQLITE_UNAVAILABLE.test(code) || POSTGRES_UNAVAILABLE.test(code));
}

/** Returns whether an error is the violation of a unique constraint. */
export function isUniqueViolation(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code !== null && UNIQUE_VIOLATIONS.includes(code);
}

/** Returns whether an error is the violation of a check constraint. */
export function isCheckViolation(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code !== null && CHECK_VIOLATIONS.includes(code);
}
