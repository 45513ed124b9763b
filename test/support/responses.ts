import type { Answer } from './app.ts';

/** The reason of the first error, or its code if it has no reason; `null` if there is no error. */
export function refusalIn({ errors }: Pick<Answer, 'errors'>): string | null {
  const [error] = errors;
  return error ? (error.extensions.reason ?? error.extensions.code) : null;
}

/** The dotted paths of the values that were rejected as bad input; `null` if there is no such error. */
export function badPathsIn({ errors }: Pick<Answer, 'errors'>): string[] | null {
  const [error] = errors;
  if (error?.extensions.code !== 'BAD_USER_INPUT') return null;
  return error.extensions.issues.map(({ path }: { path: (string | number)[] }) => path.join('.'));
}

/** The outcome of authenticating with a bearer secret: `OK`, or the code of the refusal. */
export async function authOutcome(
  postern: { post(query: string, variables: object, secret: string): Promise<Answer> },
  secret: string,
): Promise<string> {
  return refusalIn(await postern.post('{ viewer { kind } }', {}, secret)) ?? 'OK';
}
