import { OperatorError } from '../../platform/operator-error.ts';
import { errorCodeOf } from '../errors.ts';
import { CONNECTION_FAILURE } from './naming-pool.ts';

/** What an operator can do about each SQLSTATE that a misconfigured connection returns. */
const ADVICE: Readonly<Record<string, string>> = {
  '08P01': 'If PgBouncer is in between, check its users and databases.',
  '28000': 'Check the user of DATABASE_URL and pg_hba.conf.',
  '28P01': 'Check the user and the password of DATABASE_URL, or PGPASSWORD.',
  '3D000': 'Create the database, or correct its name in DATABASE_URL.',
  '3F000': 'Create the schema that search_path names.',
  '42501': 'Make the user of DATABASE_URL the owner of the database or of its schema.',
  '53300': 'Raise max_connections of the database, or stop other clients.',
  '57P03': 'The database is starting or stopping. Try again shortly.',
};

/** The codes of files that cannot be read: certificates and keys. */
const FILE_CODES = ['ENOENT', 'EACCES', 'EISDIR'];

function reasonOf(error: unknown): string {
  const code = errorCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  // A host with several addresses fails with one error for each, and without a message.
  return message || code || 'no reason given';
}

/**
 * Returns an `OperatorError` for a mistake of the operator that keeps a connection to PostgreSQL from being made or used, such
 * as a wrong password, host, database or certificate; any other error unchanged. The message never contains the URL.
 */
export function asOperatorError(error: unknown): unknown {
  if (error instanceof OperatorError) return error;
  const code = errorCodeOf(error) ?? '';
  const advice = ADVICE[code];
  if (advice) return new OperatorError(`PostgreSQL refuses the connection: ${reasonOf(error)}. ${advice}`);
  const cause = error instanceof Error && code === CONNECTION_FAILURE ? error.cause : error;
  if (FILE_CODES.includes(errorCodeOf(cause) ?? '')) {
    return new OperatorError(`A file that DATABASE_URL names cannot be read: ${reasonOf(cause)}.`);
  }
  if (code !== CONNECTION_FAILURE) return error;
  return new OperatorError(
    `Cannot connect to PostgreSQL: ${reasonOf(cause)}. Check the host, the port and sslmode of DATABASE_URL.`,
  );
}
