/** SQLite's primary result codes for a database that is busy, gone, full or broken, as better-sqlite3 names them. */
const SQLITE_UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|PROTOCOL)/;

/**
 * PostgreSQL's classes for connections, logins, races that nobody won, resources, operators' interventions and the
 * system underneath; and a database that is read-only, gone, locked, corrupt, or had a transaction wait too long.
 */
const POSTGRES_UNAVAILABLE = /^((08|28|40|53|57|58)[0-9A-Z]{3}|25006|25P0[34]|3D000|55P03|XX00[12])$/;

const TAKEN = ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'];

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Whether an error says that the database cannot serve right now, rather than that we asked it wrongly. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && (SQLITE_UNAVAILABLE.test(code) || POSTGRES_UNAVAILABLE.test(code));
}

/** Whether an error says that a unique value is taken. */
export function isUniqueViolation(error: unknown): boolean {
  const code = codeOf(error);
  return code !== null && TAKEN.includes(code);
}
