import { OperatorError } from '../../platform/operator-error.ts';
import { errorCodeOf } from '../errors.ts';
import { CONNECTION_FAILURE } from './naming-pool.ts';

/** What an operator can do about each SQLSTATE that a misconfigured connection returns. */
const ADVICE: Readonly<Record<string, string>> = {
  '08P01':
    'If PgBouncer is in between, check its users and databases, and set search_path for the role, not in options.',
  '28000': 'Check the user of DATABASE_URL and pg_hba.conf.',
  '28P01': 'Check the user and the password of DATABASE_URL, or PGPASSWORD.',
  '25006': 'DATABASE_URL names a replica, or default_transaction_read_only is on: name the primary server.',
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
 * as a wrong password, host, database, schema or certificate; any other error unchanged. The message never contains the URL.
 */
export function asOperatorError(error: unknown): unknown {
  if (error instanceof OperatorError) return error;
  const code = errorCodeOf(error) ?? '';
  // A connection that is refused for another reason, such as options that do not exist.
  const isFatal = (error as { severity?: string }).severity === 'FATAL';
  const advice = ADVICE[code] ?? (isFatal ? 'Check DATABASE_URL.' : undefined);
  if (advice) return new OperatorError(`PostgreSQL refused: ${reasonOf(error)}. ${advice}`);
  const cause = error instanceof Error && code === CONNECTION_FAILURE ? error.cause : error;
  if (FILE_CODES.includes(errorCodeOf(cause) ?? '')) {
    return new OperatorError(`A file that DATABASE_URL names cannot be read: ${reasonOf(cause)}.`);
  }
  if (code !== CONNECTION_FAILURE) return error;
  return new OperatorError(
    `Cannot connect to PostgreSQL: ${reasonOf(cause)}. Check the host, the port and sslmode of DATABASE_URL.`,
  );
}
