import type { TestApp } from './app.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** A client that has begun. */
export interface BegunClient {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly expires_in: number;
  readonly interval: number;
}

/** The status and the body of a response of an OAuth endpoint. */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, any>;
}

/** Posts a form to a server. */
export async function postForm(
  postern: Pick<TestApp, 'fetch'>,
  path: string,
  form: Record<string, string>,
  { address, headers = {} }: { address?: string; headers?: Record<string, string> } = {},
): Promise<OAuthAnswer> {
  const request = new Request(`http://postern.test${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const response = await postern.fetch(request, address);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, any>,
  };
}

/** Begins as a client, from an address. Throws if it is refused. */
export async function beginDevice(
  postern: Pick<TestApp, 'fetch'>,
  form: Record<string, string> = {},
  address?: string,
): Promise<BegunClient> {
  const all = { client_id: 'pat', ...form };
  const { status, body } = await postForm(postern, '/oauth/device_authorization', all, {
    ...(address !== undefined && { address }),
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as BegunClient;
}

/** Polls as a client. */
export function pollDevice(
  postern: Pick<TestApp, 'fetch'>,
  { device_code }: Pick<BegunClient, 'device_code'>,
  clientId = 'pat',
): Promise<OAuthAnswer> {
  return postForm(postern, '/oauth/token', { grant_type: GRANT, device_code, client_id: clientId });
}

/** Begins, approves as the user of a session, and returns the secret that the client collects. */
export async function loginByDevice(postern: TestApp, by: string, name = 'ada-laptop'): Promise<string> {
  const begun = await beginDevice(postern, { client_name: name });
  const query = 'mutation ($input: ApproveDeviceInput!) { approveDevice(input: $input) { approved } }';
  const { errors } = await postern.post(query, { input: { userCode: begun.user_code } }, by);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { body } = await pollDevice(postern, begun);
  return body.access_token;
}
