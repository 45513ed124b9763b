import type { Answer, TestApp } from './app.ts';

/** A browser with cookies, as far as a sign-in at a provider needs one. Requests to Postern need no network. */
export interface TestBrowser {
  /** The cookies by origin and name. */
  readonly cookies: Map<string, Map<string, string>>;
  /** Opens an address and returns the response, without following a redirect. */
  open(url: string, init?: RequestInit): Promise<Response>;
  /** Opens an address and follows redirects until a page; signs in as a person on the page of the provider. */
  navigate(url: string, person: string, action?: 'accept' | 'refuse'): Promise<URL>;
  /** Posts GraphQL from the console, with the cookies of the browser. */
  post(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
}

const MOST_STEPS = 20;

function keep(jar: Map<string, string>, response: Response): void {
  for (const cookie of response.headers.getSetCookie()) {
    const [pair = '', ...attributes] = cookie.split(';');
    const [name = '', value = ''] = pair.trim().split(/=(.*)/s);
    const isDeleted = attributes.some((each) => /^\s*(?:max-age=0|expires=thu, 01 jan 1970)/i.test(each));
    if (isDeleted) jar.delete(name);
    else jar.set(name, value);
  }
}

/** Returns a browser of a Postern that is at an origin. */
export function createBrowser(postern: Pick<TestApp, 'fetch'>, origin: string): TestBrowser {
  const cookies = new Map<string, Map<string, string>>();

  function jarOf(url: string): Map<string, string> {
    const key = new URL(url).origin;
    const jar = cookies.get(key) ?? new Map<string, string>();
    cookies.set(key, jar);
    return jar;
  }

  async function open(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = jarOf(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    const request = new Request(url, { ...init, headers, redirect: 'manual' });
    const response = await (url.startsWith(origin) ? postern.fetch(request) : fetch(request));
    keep(jar, response);
    return response;
  }

  async function submit(page: Response, at: string, person: string, action: string): Promise<Response> {
    const path = /action="([^"]+)"/.exec(await page.text())?.[1];
    if (!path) throw new Error(`no form at ${at}: ${page.status}`);
    return open(new URL(path, at).href, {
      method: 'POST',
      body: new URLSearchParams({ sub: person, action }),
    });
  }

  return {
    cookies,
    open,

    async navigate(url, person, action = 'accept') {
      let at = url;
      let response = await open(at);
      for (let step = 0; step < MOST_STEPS; step++) {
        const location = response.headers.get('location');
        if (location === null) response = await submit(response, at, person, action);
        else {
          at = new URL(location, at).href;
          if (at.startsWith(`${origin}/`) && !new URL(at).pathname.startsWith('/auth/')) return new URL(at);
          response = await open(at);
        }
      }
      throw new Error('the sign-in does not end');
    },

    async post(query, variables = {}, headers = {}) {
      const response = await open(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors = [] } = (await response.json()) as any;
      return {
        status: response.status,
        headers: response.headers,
        data,
        errors,
        code: errors[0]?.extensions.code,
      };
    },
  };
}
