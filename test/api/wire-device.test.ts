import { describe, expect, onTestFinished, test } from 'vitest';
import { beginDevice, pollDevice } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire } from '../support/http.ts';
import { type MainProcess, startMain } from '../support/main-process.ts';

const OWNER = { POSTERN_OWNER_EMAIL: 'ada@example.com', POSTERN_OWNER_PASSWORD: 'correct horse battery' };
const REQUEST = 'query ($userCode: String!) { deviceRequest(userCode: $userCode) { clientName address } }';
const APPROVE = 'mutation ($input: ApproveDeviceInput!) { approveDevice(input: $input) { approved } }';

/** A server in a process of its own, which keeps its database in a folder. */
async function start(folder: string) {
  const main: MainProcess = startMain(folder, OWNER);
  const [, origin = ''] = await main.says(/Postern listens on (\S+)/);
  async function post(query: string, variables: object, session?: string): Promise<any> {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(session && { Authorization: `Bearer ${session}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }
  async function signIn(): Promise<string> {
    const input = { email: OWNER.POSTERN_OWNER_EMAIL, password: OWNER.POSTERN_OWNER_PASSWORD };
    const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }';
    return (await post(query, { input })).data.signIn.sessionToken;
  }
  /** Sends what the helpers for clients send. */
  const client = {
    fetch: async (request: Request) =>
      fetch(new URL(new URL(request.url).pathname, origin), {
        method: request.method,
        headers: request.headers,
        body: await request.text(),
      }),
  };
  async function crash(): Promise<void> {
    main.signal('SIGKILL');
    await main.end();
  }
  return { post, signIn, client, crash };
}

describe('a restart of the server', () => {
  test('between the typed code and the decision loses neither', async () => {
    const folder = temporaryFolder();
    const before = await start(folder);
    const session = await before.signIn();
    const begun = await beginDevice(before.client, { client_name: 'ada-laptop' });
    const userCode = begun.user_code;
    expect((await before.post(REQUEST, { userCode }, session)).data.deviceRequest.clientName).toBe(
      'ada-laptop',
    );
    await before.crash();

    const after = await start(folder);
    const approved = await after.post(APPROVE, { input: { userCode } }, session);
    expect(approved.data.approveDevice).toEqual({ approved: true });
    const { body } = await pollDevice(after.client, begun);
    const { data } = await after.post('{ viewer { kind } }', {}, body.access_token);
    expect(data.viewer.kind).toBe('SESSION');
  });

  test('between the decision and the poll gives the secret once', async () => {
    const folder = temporaryFolder();
    const before = await start(folder);
    const session = await before.signIn();
    const begun = await beginDevice(before.client, { client_name: 'ada-laptop', scope: 'channel:publish' });
    const token = {
      name: 'ci',
      access: 'SCOPED',
      scopes: [{ entityType: 'channel', operations: ['PUBLISH'] }],
    };
    const input = { userCode: begun.user_code, token };
    expect((await before.post(APPROVE, { input }, session)).errors).toBeUndefined();
    await before.crash();

    const between = await start(folder);
    const { body } = await pollDevice(between.client, begun);
    expect(body).toMatchObject({ access_token: expect.stringMatching(/^pat_/), scope: 'channel:publish' });
    await between.crash();

    const after = await start(folder);
    expect((await pollDevice(after.client, begun)).body.error).toBe('invalid_grant');
    const { data } = await after.post('{ viewer { token { name } } }', {}, body.access_token);
    expect(data.viewer.token.name).toBe('ci');
  });

  test('forgets no wrong code', async () => {
    const folder = temporaryFolder();
    const before = await start(folder);
    const session = await before.signIn();
    const { user_code } = await beginDevice(before.client);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { errors } = await before.post(REQUEST, { userCode: 'nonsense' }, session);
      expect(errors[0].extensions.code).toBe('NOT_FOUND');
    }
    await before.crash();
    const after = await start(folder);
    const { errors } = await after.post(REQUEST, { userCode: user_code }, session);
    expect(errors[0].extensions.code).toBe('TOO_MANY_ATTEMPTS');
  });
});

describe('a page of someone else', () => {
  test('cannot approve with the cookie of the person, nor claim the address of the person', async () => {
    const wire = await startWire();
    onTestFinished(() => wire.stop());
    const { owner, cookieName } = wire.postern;
    const form = new URLSearchParams({ client_id: 'pat' });
    const asked = await fetch(`${wire.origin}/oauth/device_authorization`, {
      method: 'POST',
      headers: { 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9' },
      body: form,
    });
    const { user_code: userCode } = (await asked.json()) as { user_code: string };
    const cookie = { Cookie: `${cookieName}=${owner.session}` };
    const body = { query: APPROVE, variables: { input: { userCode } } };
    const others: Record<string, string>[] = [
      {},
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of others) {
      const response = await wire.post(body, { ...cookie, ...headers });
      expect(response.status).toBe(403);
    }
    const { data } = await wire.postern.post(REQUEST, { userCode }, owner.session);
    expect(data.deviceRequest.address).toBe('127.0.0.1');
  });
});
