import type { TestApp } from '../../support/app.ts';

/** Creates a personal token through the API. Returns its id and secret. */
export async function createToken(
  postern: TestApp,
  session: string,
  input: Record<string, unknown>,
): Promise<{ id: string; secret: string }> {
  const { data, errors } = await postern.post(
    'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret token { id } } }',
    { input },
    session,
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return { id: data.createToken.token.id, secret: data.createToken.secret };
}

/** Returns the HTTP status and the first error code of a request for the token's own name. */
export async function callWith(postern: TestApp, secret: string): Promise<[number, string | undefined]> {
  const { status, code } = await postern.post('{ viewer { token { name } } }', {}, secret);
  return [status, code];
}
