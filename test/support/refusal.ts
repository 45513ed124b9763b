import { type ErrorCode, type ErrorDetail, PosternError } from '../../src/domain/errors.ts';

/** What a call refuses with: its code and details; `null` where it returns. Other errors pass through. */
export function refusalOf(call: () => unknown): ({ readonly code: ErrorCode } & ErrorDetail) | null {
  try {
    call();
    return null;
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return { code: error.code, ...error.detail };
  }
}

/** The places of the values that a call refuses as bad input, dotted; `null` where it refuses none. */
export function badPathsOf(call: () => unknown): string[] | null {
  const refusal = refusalOf(call);
  return refusal?.code === 'BAD_USER_INPUT' ? (refusal.issues ?? []).map(({ path }) => path.join('.')) : null;
}
