import type { Answer } from './app.ts';

/** What a call was refused with, in a word: the reason or, where there is none, the code; `null` where it was not. */
export function refusalIn({ errors }: Pick<Answer, 'errors'>): string | null {
  const [error] = errors;
  return error ? (error.extensions.reason ?? error.extensions.code) : null;
}

/** Where the values stand that a call was refused for, dotted; `null` where bad input was not the reason. */
export function badPathsIn({ errors }: Pick<Answer, 'errors'>): string[] | null {
  const [error] = errors;
  if (error?.extensions.code !== 'BAD_USER_INPUT') return null;
  return error.extensions.issues.map(({ path }: { path: (string | number)[] }) => path.join('.'));
}

/** How a bearer secret fares: `OK`, or the code that it is refused with. */
export async function authOutcome(
  postern: { post(query: string, variables: object, secret: string): Promise<Answer> },
  secret: string,
): Promise<string> {
  return refusalIn(await postern.post('{ viewer { kind } }', {}, secret)) ?? 'OK';
}
