import { failure, PosternError } from '../domain/errors.ts';
import { isUnavailable } from '../storage/errors.ts';

/** Returns what an error of a service is for its caller: an error of the table, or `null` for an internal error. */
export function publicErrorOf(error: unknown): PosternError | null {
  if (error instanceof PosternError) return error;
  return isUnavailable(error) ? failure('UNAVAILABLE') : null;
}
