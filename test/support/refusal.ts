import { type ErrorCode, type ErrorDetail, PosternError } from '../../src/domain/errors.ts';

/** The code and details that a call throws; `null` if it returns. Other errors pass through. */
export function refusalOf(call: () => unknown): ({ readonly code: ErrorCode } & ErrorDetail) | null {
  try {
    call();
    return null;
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return { code: error.code, ...error.detail };
  }
}

/** The dotted paths of the values that a call rejects as bad input; `null` if it rejects none. */
export function badPathsOf(call: () => unknown): string[] | null {
  const refusal = refusalOf(call);
  return refusal?.code === 'BAD_USER_INPUT' ? (refusal.issues ?? []).map(({ path }) => path.join('.')) : null;
}
