import * as oauth from 'oauth4webapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PASSWORD, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { openTestDatabase } from '../support/database.ts';
import { type BegunClient, beginDevice, loginByDevice, pollDevice, postForm } from '../support/device.ts';
import { sampleIfRepeated } from '../support/test-length.ts';
import { createPersonalToken } from '../support/tokens.ts';

const MINUTE = 60_000;
const PUBLISH = { entityType: 'channel', operations: ['PUBLISH'] };
/** Characters that hide, reorder or fake text: bidi controls, zero-width ones, fillers, line separators, a null. */
const HIDDEN =
  '\u202e\u202d\u2066\u2069\u200e\u061c\u200b\u200d\ufeff\u00ad\u3164\u115f\u2028\u0000\u001b\u009b';
const WORKSPACE = `wsp_${'0'.repeat(32)}`;
const TOKEN = { name: 'ci', access: 'SCOPED', scopes: [PUBLISH] };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

async function approve(begun: Pick<BegunClient, 'user_code'>, token?: object, by = postern.owner.session) {
  const query = 'mutation ($input: ApproveDeviceInput!) { approveDevice(input: $input) { approved } }';
  return postern.post(query, { input: { userCode: begun.user_code, ...(token && { token }) } }, by);
}

async function deny(begun: Pick<BegunClient, 'user_code'>, by = postern.owner.session) {
  const query = 'mutation ($input: DenyDeviceInput!) { denyDevice(input: $input) { denied } }';
  return postern.post(query, { input: { userCode: begun.user_code } }, by);
}

async function look(userCode: string, by = postern.owner.session) {
  const query = `query ($userCode: String!) { deviceRequest(userCode: $userCode) {
    clientName address callerAddress expiresAt requestedScopes { entityType operations entityId workspaceId }
  } }`;
  return postern.post(query, { userCode }, by);
}

/** The status and the error of a poll. */
async function refusal(begun: BegunClient): Promise<unknown[]> {
  const { status, body } = await pollDevice(postern, begun);
  return [status, body.error];
}

describe('a client without a browser', () => {
  test('gets a session of its own for 12 hours, once, from a person who typed its code', async () => {
    const begun = await beginDevice(postern, { client_name: 'ada-laptop' });
    expect(begun).toEqual({
      device_code: expect.stringMatching(/^[0-9a-z]{52}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: 'http://postern.test/device',
      expires_in: 600,
      interval: 5,
    });
    expect(await refusal(begun)).toEqual([400, 'authorization_pending']);
    expect((await look(begun.user_code)).data.deviceRequest).toEqual({
      clientName: 'ada-laptop',
      address: '127.0.0.1',
      callerAddress: '127.0.0.1',
      expiresAt: new Date(postern.now() + 10 * MINUTE).toISOString(),
      requestedScopes: [],
    });
    expect((await approve(begun)).data.approveDevice).toEqual({ approved: true });
    const { status, body, headers } = await pollDevice(postern, begun);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ses_/),
      token_type: 'Bearer',
      expires_in: 43_200,
    });
    expect(await refusal(begun)).toEqual([400, 'invalid_grant']);
    const { data } = await postern.post(
      '{ viewer { kind sessions { commandLine current expiresAt } } }',
      {},
      body.access_token,
    );
    expect(data.viewer.kind).toBe('SESSION');
    expect(data.viewer.sessions).toContainEqual({
      commandLine: 'ada-laptop',
      current: true,
      expiresAt: new Date(postern.now() + 12 * 60 * MINUTE).toISOString(),
    });
    postern.advance(12 * 60 * MINUTE);
    expect((await postern.post('{ viewer { kind } }', {}, body.access_token)).code).toBe('INVALID_SESSION');
  });

  test('works with a stock OAuth client', async () => {
    const issuer = new URL('http://postern.test');
    const options = {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<any, any>) =>
        postern.fetch(new Request(url, init as RequestInit)),
    };
    const client = { client_id: 'pat' };
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const form = { scope: 'channel:publish' };
    const begun = await oauth.processDeviceAuthorizationResponse(
      server,
      client,
      await oauth.deviceAuthorizationRequest(server, client, oauth.None(), form, options),
    );
    const poll = async () =>
      oauth.processDeviceCodeResponse(
        server,
        client,
        await oauth.deviceCodeGrantRequest(server, client, oauth.None(), begun.device_code, options),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await approve(begun, TOKEN);
    expect(await poll()).toMatchObject({
      access_token: expect.stringMatching(/^pat_/),
      scope: 'channel:publish',
    });
  });

  test('gets a personal token with no more than it asked for', async () => {
    const channel = await createChannel(postern);
    const scope = `channel:publish channel:read:${channel}`;
    const begun = await beginDevice(postern, { scope });
    expect((await look(begun.user_code)).data.deviceRequest.requestedScopes).toEqual([
      { entityType: 'channel', operations: ['PUBLISH'], entityId: null, workspaceId: null },
      { entityType: 'channel', operations: ['READ'], entityId: channel, workspaceId: null },
    ]);
    const refused = [
      [{ ...TOKEN, access: 'FULL', scopes: undefined }, ['input', 'token', 'access']],
      [
        { ...TOKEN, scopes: [{ entityType: 'channel', operations: ['READ'] }] },
        ['input', 'token', 'scopes', 0],
      ],
      [
        { ...TOKEN, scopes: [PUBLISH, { entityType: 'workspace', operations: ['READ'] }] },
        ['input', 'token', 'scopes', 1],
      ],
      [{ ...TOKEN, expires: { after: 'P31D' } }, ['input', 'token', 'expires']],
      [{ ...TOKEN, name: '' }, ['input', 'token', 'name']],
    ] as const;
    for (const [token, path] of refused) {
      const { errors } = await approve(begun, token);
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', issues: [{ path }] });
    }
    expect(await refusal(begun)).toEqual([400, 'authorization_pending']);
    const narrower = { ...TOKEN, scopes: [{ ...PUBLISH, entityId: channel }], expires: { after: 'P30D' } };
    expect((await approve(begun, narrower)).errors).toEqual([]);
    const { body } = await pollDevice(postern, begun);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^pat_/),
      token_type: 'Bearer',
      expires_in: 30 * 86_400,
      scope: `channel:publish:${channel}`,
    });
    const { data } = await postern.post('{ viewer { kind token { name access } } }', {}, body.access_token);
    expect(data.viewer).toEqual({ kind: 'PERSONAL_TOKEN', token: { name: 'ci', access: 'SCOPED' } });
  });

  test('that asked for no scopes gets no token with one', async () => {
    const { errors } = await approve(await beginDevice(postern), TOKEN);
    expect(errors[0]?.extensions.issues[0].path).toEqual(['input', 'token', 'scopes', 0]);
  });

  test('receives the refusal of the person', async () => {
    const begun = await beginDevice(postern);
    expect((await deny(begun)).data.denyDevice).toEqual({ denied: true });
    expect(await refusal(begun)).toEqual([400, 'access_denied']);
    expect((await approve(begun)).code).toBe('NOT_FOUND');
  });

  test('receives expired_token after ten minutes, and is then deleted', async () => {
    const begun = await beginDevice(postern);
    postern.advance(10 * MINUTE);
    expect(await refusal(begun)).toEqual([400, 'expired_token']);
    expect((await approve(begun)).code).toBe('NOT_FOUND');
    postern.advance(10 * MINUTE);
    await postern.app.services.retention.prune();
    expect(await refusal(begun)).toEqual([400, 'invalid_grant']);
  });

  test('that does not collect in time gets nothing, and nothing was made', async () => {
    const begun = await beginDevice(postern, { scope: 'channel:publish' });
    await approve(begun, TOKEN);
    postern.advance(10 * MINUTE);
    expect(await refusal(begun)).toEqual([400, 'expired_token']);
    const { data } = await postern.post('{ tokens { totalCount } }', {}, postern.owner.session);
    expect(data.tokens.totalCount).toBe(0);
  });

  test('that polls too often has to wait longer each time', async () => {
    const begun = await beginDevice(postern);
    const outcomes = [];
    for (const seconds of [0, 4, 9, 15, 14, 20]) {
      postern.advance(seconds * 1000);
      outcomes.push((await refusal(begun))[1]);
    }
    expect(outcomes).toEqual([
      'authorization_pending',
      'slow_down',
      'slow_down',
      'authorization_pending',
      'slow_down',
      'authorization_pending',
    ]);
  });

  test('is identified again when it polls', async () => {
    const begun = await beginDevice(postern);
    await approve(begun);
    expect((await pollDevice(postern, begun, 'another')).body).toMatchObject({ error: 'invalid_grant' });
    expect((await pollDevice(postern, { device_code: 'x' })).body).toMatchObject({ error: 'invalid_grant' });
    expect((await pollDevice(postern, begun)).status).toBe(200);
  });

  test.each([
    [{}, 'invalid_request'],
    [{ client_id: 'a b' }, 'invalid_request'],
    [{ client_id: 'a'.repeat(101) }, 'invalid_request'],
    ...sampleIfRepeated([...HIDDEN], { short: 5, ci: 1 }).flatMap(
      (each): [Record<string, string>, string][] => [
        [{ client_id: 'pat', client_name: `a${each}b` }, 'invalid_request'],
        [
          { client_id: 'pat', scope: `repository:read:a${encodeURIComponent(each)}b@${WORKSPACE}` },
          'invalid_scope',
        ],
      ],
    ),
    [{ client_id: 'pat', client_name: 'a'.repeat(101) }, 'invalid_request'],
    [{ client_id: 'pat', scope: 'everything' }, 'invalid_scope'],
    [{ client_id: 'pat', scope: 'channel:fly' }, 'invalid_scope'],
    [{ client_id: 'pat', scope: 'repository:read:acme%2F*@wsp_1' }, 'invalid_scope'],
    [{ client_id: 'pat', scope: 'repository:read' }, 'invalid_scope'],
    [{ client_id: 'pat', scope: 'a:b '.repeat(3000) }, 'invalid_scope'],
  ] as [Record<string, string>, string][])('is refused with an invalid request: %j', async (form, error) => {
    const { status, body } = await postForm(postern, '/oauth/device_authorization', form);
    expect([status, body.error]).toEqual([400, error]);
  });

  test('is limited by network and in all, across restarts', async () => {
    for (let count = 0; count < 20; count += 1) await beginDevice(postern);
    const form = { client_id: 'pat' };
    const refused = await postForm(postern, '/oauth/device_authorization', form);
    expect([refused.status, refused.body.error]).toEqual([429, 'temporarily_unavailable']);
    expect(refused.headers.get('retry-after')).toBe('600');
    await beginDevice(postern, {}, '192.0.2.1');
    for (let host = 0; host < 979; host += 1) {
      await beginDevice(postern, {}, `198.51.${100 + Math.floor(host / 200)}.${host % 200}`);
    }
    const full = await postForm(postern, '/oauth/device_authorization', form, { address: '203.0.113.9' });
    expect(full.status).toBe(429);
    postern.advance(10 * MINUTE);
    await beginDevice(postern);
  });

  test('leaves no code or secret in the log', async () => {
    const begun = await beginDevice(postern, { client_name: 'ada-laptop' });
    await approve(begun);
    const { body } = await pollDevice(postern, begun);
    const logged = postern.logs.join('');
    for (const secret of [begun.device_code, begun.user_code, body.access_token]) {
      expect(logged).not.toContain(secret);
    }
    const { data } = await postern.post(
      '{ viewer { auditEvents(first: 10) { nodes { action detail } } } }',
      {},
      postern.owner.session,
    );
    expect(data.viewer.auditEvents.nodes.slice(0, 2)).toEqual([
      { action: 'session.created', detail: { client: 'ada-laptop' } },
      { action: 'device.approved', detail: { client: 'ada-laptop', address: '127.0.0.1' } },
    ]);
  });
});

describe('a person who types a code', () => {
  test('can type it in any case, with any spaces and hyphens', async () => {
    const begun = await beginDevice(postern);
    const [left, right] = begun.user_code.split('-');
    for (const typed of [`${left}${right}`, `  ${left} – ${right} `.toLowerCase(), `${left}--${right}`]) {
      expect((await look(typed)).errors).toEqual([]);
    }
  });

  test('has five tries in a session; the sixth is refused, even if it is right', async () => {
    const begun = await beginDevice(postern);
    const other = await postern.signIn(postern.owner.email);
    const wrong = begun.user_code.startsWith('B') ? 'CCCC-CCCC' : 'BBBB-BBBB';
    expect((await look(wrong)).code).toBe('NOT_FOUND');
    expect((await look('nonsense')).code).toBe('NOT_FOUND');
    expect((await approve({ user_code: wrong })).code).toBe('NOT_FOUND');
    expect((await deny({ user_code: wrong })).code).toBe('NOT_FOUND');
    expect((await look(begun.user_code)).errors).toEqual([]);
    expect((await look('x'.repeat(10_000))).code).toBe('NOT_FOUND');
    for (const call of [look(begun.user_code), approve(begun), deny(begun)]) {
      const { errors } = await call;
      expect(errors[0]?.extensions).toEqual({ code: 'TOO_MANY_ATTEMPTS', retryAfter: 900 });
    }
    expect((await look(begun.user_code, other)).errors).toEqual([]);
    expect((await approve(begun, undefined, other)).errors).toEqual([]);
  });

  test('cannot try more codes at the same time or in one document', async () => {
    const begun = await beginDevice(postern);
    const fields = Array.from(
      { length: 19 },
      (_, at) => `a${at}: deviceRequest(userCode: "BBBBBBBB") { clientName }`,
    );
    const right = `right: deviceRequest(userCode: "${begun.user_code}") { clientName }`;
    const { data, errors } = await postern.post(
      `{ ${fields.join(' ')} ${right} }`,
      {},
      postern.owner.session,
    );
    expect(errors.filter(({ extensions }) => extensions.code === 'NOT_FOUND').length).toBeLessThanOrEqual(5);
    expect((await look(begun.user_code)).code).toBe('TOO_MANY_ATTEMPTS');
    expect(data.right ?? null).toBeNull();
  });

  test('decides once', async () => {
    const begun = await beginDevice(postern);
    const other = await postern.person('Bea');
    const outcomes = await Promise.all([
      approve(begun),
      approve(begun, undefined, other.session),
      deny(begun),
    ]);
    expect(outcomes.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect((await look(begun.user_code)).code).toBe('NOT_FOUND');
  });

  test('is a signed-in person: no token and no command line decides', async () => {
    const begun = await beginDevice(postern);
    const token = await createPersonalToken(postern, postern.owner.session);
    const commandLine = await loginByDevice(postern, postern.owner.session);
    for (const secret of [token.secret, commandLine]) {
      for (const call of [
        look(begun.user_code, secret),
        approve(begun, undefined, secret),
        deny(begun, secret),
      ]) {
        expect((await call).errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' });
      }
    }
    expect((await approve(begun)).errors).toEqual([]);
  });

  test('whose session or account ends before the client collects gives it nothing', async () => {
    const other = await postern.signIn(postern.owner.email);
    const ended = await beginDevice(postern);
    await approve(ended, undefined, other);
    await postern.post('mutation { revokeOtherSessions { revokedCount } }', {}, postern.owner.session);
    expect(await refusal(ended)).toEqual([400, 'invalid_grant']);
    const person = await postern.person('Bea');
    const begun = await beginDevice(postern);
    await approve(begun, undefined, person.session);
    await postern.app.services.operator.deactivateUser(person.email);
    expect((await pollDevice(postern, begun)).status).toBe(400);
  });
});

test.each([
  ['a session', undefined],
  ['a token', TOKEN],
])('a client gets %s also if the person changes the password while it collects', async (_what, token) => {
  const database = await openTestDatabase();
  let meanwhile: (() => Promise<unknown>) | null = null;
  const changing = await startTestApp(
    {},
    {
      ...database,
      transact: async (...parameters) => {
        const change = meanwhile;
        meanwhile = null;
        await change?.();
        return database.transact(...parameters);
      },
    },
  );
  const { session } = changing.owner;
  const begun = await beginDevice(changing, { scope: 'channel:publish' });
  const approval = { userCode: begun.user_code, ...(token && { token }) };
  expect((await mutate(changing, 'approveDevice', approval, session, 'approved')).errors).toEqual([]);
  const passwords = { currentPassword: PASSWORD, newPassword: `another ${PASSWORD}` };
  let changed: unknown;
  meanwhile = async () => {
    changed = (await mutate(changing, 'changePassword', passwords, session, '__typename')).errors;
  };
  const { status } = await pollDevice(changing, begun);
  expect([status, changed]).toEqual([200, []]);
  await changing.close();
});

describe('the session of a command line', () => {
  test('reaches the tokens of the person, and ends with sign-out everywhere', async () => {
    const session = await loginByDevice(postern, postern.owner.session);
    const { secret } = await createPersonalToken(postern, session);
    expect((await postern.post('{ viewer { kind } }', {}, secret)).errors).toEqual([]);
    await postern.post('mutation { revokeOtherSessions { revokedCount } }', {}, postern.owner.session);
    expect((await postern.post('{ viewer { kind } }', {}, session)).code).toBe('INVALID_SESSION');
  });

  test('is refused where re-authentication is required, and cannot re-authenticate', async () => {
    const session = await loginByDevice(postern, postern.owner.session);
    const { errors } = await postern.post('mutation { deleteAllTokens { deletedCount } }', {}, session);
    expect(errors[0]?.extensions.reason).toBe('REAUTHENTICATION_REQUIRED');
    const query = 'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { until } }';
    const input = { password: postern.owner.password };
    const refused = await postern.post(query, { input }, session);
    expect(refused.errors[0]?.extensions.reason).toBe('SESSION_REQUIRED');
  });
});
