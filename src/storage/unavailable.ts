/** SQLite's primary result codes for a database that is busy, gone, full or broken, as better-sqlite3 names them. */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|PROTOCOL)/;

/** Whether an error says that the database cannot serve right now, rather than that we asked it wrongly. */
export function isUnavailable(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    UNAVAILABLE.test(error.code)
  );
}

/** Whether an error says that a unique value is taken. */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
  );
}
