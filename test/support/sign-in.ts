import type { Answer, TestApp } from './app.ts';
import { createBrowser, type TestBrowser } from './sign-in-browser.ts';

/** The origin of Postern in tests of the sign-in at providers. */
export const POSTERN = 'https://postern.test';
export const START = `${POSTERN}/auth/corp/start`;

/** Returns what the address of the sign-in page says about a sign-in at a provider. */
export function outcomeIn(url: URL): { state: string; error: string | null; intent: string | null } {
  const fragment = new URLSearchParams(url.hash.slice(1));
  return {
    state: fragment.get('state') ?? '',
    error: fragment.get('error'),
    intent: fragment.get('intent'),
  };
}

/** Finishes a sign-in at a provider as the console does. */
export function complete(
  browser: TestBrowser,
  state: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const query =
    'mutation ($state: String!) { completeSignIn(input: { state: $state }) { to user { id email emailVerified name } } }';
  return browser.post(query, { state }, headers);
}

/** Signs a person in with a new browser. */
export async function signIn(postern: TestApp, person: string, url: string = START) {
  const browser = createBrowser(postern, POSTERN);
  const page = await browser.navigate(url, person);
  return { browser, page, answer: await complete(browser, outcomeIn(page).state) };
}
