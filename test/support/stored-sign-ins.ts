import type { ProviderSignIn } from '../../src/domain/accounts/identity-provider.ts';
import { createSignInCookie, signInDigest } from '../../src/http/message/sign-in-cookie.ts';
import type { Answer, TestApp } from './app.ts';
import { fetchFrom } from './fetch.ts';

/** A sign-in at a provider that waits for the console: its state, and the cookie of the browser. */
export interface StoredSignIn {
  readonly state: string;
  readonly cookie: string;
}

/** Stores what a provider said about a person, as the callback of the provider does. A state has 43 letters and digits. */
export async function storeSignIn(
  { app, database }: Pick<TestApp, 'app' | 'database'>,
  state: string,
  signIn: Pick<ProviderSignIn, 'provider' | 'subject' | 'intent' | 'userId'> & Partial<ProviderSignIn>,
): Promise<StoredSignIn> {
  const { id } = await database.db.selectFrom('installation').select('id').executeTakeFirstOrThrow();
  const { provider, intent, userId } = signIn;
  const begun = { secret: state, provider, intent, userId, returnTo: '/' };
  await app.services.providerSignIns.store(signInDigest(state, begun), {
    ...{ email: null, emailVerified: true, name: 'Newcomer', providerSession: null, groups: null },
    ...{ authenticatedAt: app.services.clock(), issuedAt: app.services.clock() },
    ...begun,
    ...signIn,
  });
  return { state, cookie: createSignInCookie(id, true).write(state, begun).split(';')[0] as string };
}

/** Finishes a stored sign-in with a mutation, in the browser with a cookie; returns the code of its error, or `ok`. */
export async function finishSignIn(
  { app }: Pick<TestApp, 'app'>,
  field: 'completeSignIn' | 'linkIdentity' | 'reauthenticate',
  { state, cookie }: StoredSignIn,
  secret: string | null = null,
): Promise<string> {
  const headers = { 'content-type': 'application/json', cookie, 'sec-fetch-site': 'same-origin' };
  const request = new Request('https://postern.test/graphql', {
    method: 'POST',
    headers: secret === null ? headers : { ...headers, authorization: `Bearer ${secret}` },
    body: JSON.stringify({
      query: `mutation ($state: String!) { ${field}(input: { state: $state }) { __typename } }`,
      variables: { state },
    }),
  });
  const { errors } = (await (await fetchFrom(app, request)).json()) as { errors?: Answer['errors'] };
  return errors?.[0]?.extensions.code ?? 'ok';
}
