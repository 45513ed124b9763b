import type { TestApp } from './app.ts';

/** The environment of a Postern with the provider `corp`, which no test of SCIM contacts. */
export const DIRECTORY_ENV = {
  POSTERN_PUBLIC_URL: 'http://postern.test',
  POSTERN_OIDC: 'corp',
  POSTERN_OIDC_CORP_ISSUER: 'http://127.0.0.1:9',
  POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
  POSTERN_OIDC_CORP_CLIENT_SECRET: 'secret',
};

/** A response to a SCIM request. */
export interface ScimAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body; `null` without one. */
  readonly body: Record<string, any>;
}

/** Sends a SCIM request with a secret. The path is relative to `/scim/v2`. */
export type Scim = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<ScimAnswer>;

/** Returns a function that calls SCIM at a server with a secret. */
export function scimAt(fetch: (request: Request) => Promise<Response>, origin: string, secret: string): Scim {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(
      new Request(`${origin}/scim/v2${path}`, {
        method,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(body !== undefined && { 'content-type': 'application/scim+json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  };
}

/** Creates the credential of `corp` and returns a function that calls SCIM with it. */
export async function connectDirectory({ app, fetch }: TestApp): Promise<Scim> {
  const secret = await app.services.directoryCredentials.create('corp');
  return scimAt(fetch, 'http://postern.test', secret);
}

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** Returns the body of a person. */
export function personOf(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schemas: [CORE],
    externalId: `${name}-id`,
    userName: `${name}@example.com`,
    displayName: name,
    active: true,
    ...more,
  };
}

/** Returns the body of a `PATCH`. */
export function patchOf(...operations: readonly Record<string, unknown>[]): Record<string, unknown> {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
}
