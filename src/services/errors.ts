import { failure, PosternError } from '../domain/errors.ts';
import { isUnavailable } from '../storage/errors.ts';

/** Returns the public error for an error of a service; `null` for an internal error. */
export function publicErrorOf(error: unknown): PosternError | null {
  if (error instanceof PosternError) return error;
  return isUnavailable(error) ? failure('UNAVAILABLE') : null;
}
