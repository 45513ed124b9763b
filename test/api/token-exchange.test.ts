import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate } from '../support/channels.ts';
import { openTestDatabaseTwice } from '../support/database.ts';
import {
  createFederation,
  exchange,
  GITLAB,
  jwtFor,
  KUBERNETES,
  SHARED_AUDIENCE,
  startFederationIssuer,
} from '../support/federation.ts';
import type { JwtIssuer } from '../support/jwt-issuer.ts';
import { follow } from '../support/streams.ts';
import { createWorkspaceToken } from '../support/tokens.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let postern: TestApp;
let issuer: JwtIssuer;
let env: Record<string, string>;

beforeEach(async () => {
  ({ issuer, env } = await startFederationIssuer());
  postern = await startTestApp(env);
});
afterEach(async () => {
  await postern.close();
  await issuer.close();
});

const at = () => ({ at: postern.now() });
const viewer = (secret: string) =>
  postern.post(
    '{ viewer { kind token { id name description role access expiresAt createdBy { id } } } }',
    {},
    secret,
  );

test('a JSON Web Token of GitHub becomes a workspace token of the federation', async () => {
  const federation = await createFederation(postern, issuer.issuer);
  const { status, headers, body } = await exchange(postern, await jwtFor(issuer, federation, at()));
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  const { access_token: secret, ...rest } = body;
  expect(rest).toEqual({
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 900,
    scope: expect.stringMatching(/(?=.*\bworkspace:read\b)(?=.*\bchannel:publish\b)/),
  });
  const { data } = await viewer(secret);
  expect(data.viewer).toEqual({
    kind: 'WORKSPACE_TOKEN',
    token: {
      ...{ id: expect.any(String), name: 'ci', description: 'repo:acme/app:ref:refs/heads/main' },
      ...{ role: 'TEAM_MEMBER', access: 'ROLE', createdBy: null },
      expiresAt: new Date(postern.now() + 15 * MINUTE).toISOString(),
    },
  });
  const list = await postern.post(
    'query ($id: ID!) { workspace(id: $id) { federations { lastUsedAt } auditEvents(first: 1) { nodes { action actorKind detail } } } }',
    { id: postern.workspaceId },
    postern.owner.session,
  );
  expect(list.data.workspace.federations).toEqual([{ lastUsedAt: new Date(postern.now()).toISOString() }]);
  expect(list.data.workspace.auditEvents.nodes[0]).toMatchObject({
    ...{ action: 'token.created', actorKind: null },
    detail: { federation: federation.id, issuer: issuer.issuer, sub: 'repo:acme/app:ref:refs/heads/main' },
  });
  postern.advance(15 * MINUTE);
  expect((await viewer(secret)).code).toBe('TOKEN_EXPIRED');
});

test.each([
  ['GitLab', GITLAB, { name: 'project_path', value: 'acme/*' }, (audience: string) => audience],
  [
    'Kubernetes',
    KUBERNETES,
    { name: 'sub', value: 'system:serviceaccount:shop:deployer' },
    (audience: string) => [audience, 'https://kubernetes.default.svc'],
  ],
])(
  'a JSON Web Token of the shape of %s is exchanged as often as the federation allows',
  async (_name, shape, rule, toAud) => {
    const input = { claims: [rule], singleUse: false };
    const { audience } = await createFederation(postern, issuer.issuer, input);
    const header = { typ: undefined };
    const claims = { repository_owner: undefined, ...shape, jti: undefined };
    const token = await jwtFor(issuer, { audience: toAud(audience) }, { ...at(), claims, header });
    for (const _ of [1, 2]) expect((await exchange(postern, token)).status).toBe(200);
  },
);

test('a token is used once, by its id and by what its signature covers, and a refused exchange spends nothing', async () => {
  const federation = await createFederation(postern, issuer.issuer);
  const token = await jwtFor(issuer, federation, at());
  const bad = await exchange(postern, token, { scope: 'channel:fly' });
  expect(bad.body.error).toBe('invalid_scope');
  expect((await exchange(postern, token, { audience: 'https://elsewhere' })).body.error).toBe(
    'invalid_target',
  );
  expect((await exchange(postern, token)).status).toBe(200);
  expect(await exchange(postern, token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });

  // The same id under another signature and with other claims.
  const claims = { jti: 'same' };
  expect((await exchange(postern, await jwtFor(issuer, federation, { ...at(), claims }))).status).toBe(200);
  const resigned = await jwtFor(issuer, federation, { ...at(), claims: { ...claims, run_attempt: '2' } });
  expect((await exchange(postern, resigned)).body.error).toBe('invalid_grant');

  // Without an id, another signature of the same text is the same token.
  const anonymous = await jwtFor(issuer, federation, { ...at(), claims: { jti: undefined } });
  const [key] = issuer.keys;
  const { createSign } = await import('node:crypto');
  const signed = anonymous.slice(0, anonymous.lastIndexOf('.'));
  const signature = createSign('sha256').update(signed);
  const other = signature.sign({ key: key?.privateKey as never, dsaEncoding: 'ieee-p1363' }, 'base64url');
  expect((await exchange(postern, anonymous)).status).toBe(200);
  expect((await exchange(postern, `${signed}.${other}`)).body.error).toBe('invalid_grant');
});

test('two nodes that get the same token at the same time give one workspace token', async () => {
  const [one, other] = await openTestDatabaseTwice();
  const nodes = [await startTestApp(env, one), await startTestApp(env, other)] as const;
  try {
    const federation = await createFederation(nodes[0], issuer.issuer);
    for (let round = 0; round < 5; round += 1) {
      const token = await jwtFor(issuer, federation, { at: nodes[0].now() });
      const answers = await Promise.all([...nodes, ...nodes].map((node) => exchange(node, token)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
      const { body } = answers.find(({ status }) => status === 200) as (typeof answers)[number];
      for (const node of nodes) {
        expect((await node.post('{ viewer { kind } }', {}, body.access_token)).status).toBe(200);
      }
    }
    const last = await exchange(nodes[1], await jwtFor(issuer, federation, { at: nodes[0].now() }));
    const input = { id: federation.id };
    await mutate(nodes[0], 'deleteFederation', input, nodes[0].owner.session, '__typename');
    for (const node of nodes) {
      expect((await node.post('{ viewer { kind } }', {}, last.body.access_token)).code).toBe('INVALID_TOKEN');
    }
  } finally {
    for (const node of nodes) await node.close();
  }
});

test('the end of a federation closes the streams of its tokens, with those that derive from them', async () => {
  const federation = await createFederation(postern, issuer.issuer, { role: 'WORKSPACE_MANAGER' });
  const channelId = await createChannel(postern);
  const { body } = await exchange(postern, await jwtFor(issuer, federation, at()));
  const derived = await createWorkspaceToken(postern, 'VIEWER', {}, body.access_token);
  const streams = await Promise.all(
    [body.access_token, derived.secret].map((secret) => follow(postern, channelId, secret)),
  );
  const input = { id: federation.id, role: 'VIEWER' };
  await mutate(postern, 'updateFederation', input, postern.owner.session, '__typename');
  for (const stream of streams) expect(await stream.end()).toBeLessThan(1000);
  for (const secret of [body.access_token, derived.secret]) {
    expect((await viewer(secret)).code).toBe('INVALID_TOKEN');
  }
});

test('scope narrows what the federation gives and never widens it', async () => {
  const channelId = await createChannel(postern);
  const scopes = [
    { entityType: 'channel', operations: ['READ', 'PUBLISH'] },
    { entityType: 'workspace', operations: ['READ'] },
  ];
  const federation = await createFederation(postern, issuer.issuer, { scopes });
  const ask = async (scope?: string) =>
    (await exchange(postern, await jwtFor(issuer, federation, at()), { scope })).body;
  expect((await ask()).scope.split(' ').sort()).toEqual([
    'channel:publish',
    'channel:read',
    'workspace:read',
  ]);
  expect((await ask('channel:publish')).scope).toBe('channel:publish');
  expect((await ask(`channel:publish:${channelId}`)).scope).toBe(`channel:publish:${channelId}`);
  const own = await ask(`channel:read@${postern.workspaceId}`);
  expect(own.scope).toBe('channel:read');
  const elsewhere = await postern.workspace('Elsewhere', [[postern.owner, 'OWNER']]);
  for (const scope of [
    ...['channel:delete', 'channel:read channel:delete', 'token:create', 'nonsense', 'channel:read:*'],
    ...[`channel:read@${elsewhere}`, 'invoice:read'],
  ]) {
    expect(await ask(scope), scope).toMatchObject({ error: 'invalid_scope' });
  }
  // A scope limits a federation without scopes too: what requires a role is refused.
  const whole = await createFederation(postern, issuer.issuer, { role: 'ADMINISTRATOR' });
  const { body } = await exchange(postern, await jwtFor(issuer, whole, at()), { scope: 'channel:read' });
  const members = await postern.post(
    'query ($id: ID!) { workspace(id: $id) { auditEvents { nodes { id } } } }',
    { id: postern.workspaceId },
    body.access_token,
  );
  expect(members.errors[0]?.extensions.code).toBe('FORBIDDEN');
});

test('a federation with a shared audience is found by its claims or named by its address', async () => {
  const input = { audience: SHARED_AUDIENCE };
  const first = await createFederation(postern, issuer.issuer, input);
  const token = () => jwtFor(issuer, { audience: SHARED_AUDIENCE }, at());
  expect((await exchange(postern, await token())).status).toBe(200);
  const second = await createFederation(postern, issuer.issuer, input);
  expect((await exchange(postern, await token())).body.error).toBe('invalid_target');
  expect((await exchange(postern, await token(), { audience: SHARED_AUDIENCE })).body.error).toBe(
    'invalid_target',
  );
  for (const { id } of [first, second]) {
    const resource = `https://postern.test/federations/${id}`;
    for (const name of ['resource', 'audience']) {
      const { status } = await exchange(postern, await token(), { [name]: resource });
      expect(status, name).toBe(200);
    }
    const both = { audience: SHARED_AUDIENCE, resource };
    expect((await exchange(postern, await token(), both)).status).toBe(200);
  }
  // A token for the address of a federation does not count for its shared audience.
  const own = await jwtFor(issuer, { audience: `https://postern.test/federations/${first.id}` }, at());
  expect((await exchange(postern, own)).body.error).toBe('invalid_target');
});

test('tokens of federations cannot be changed or regenerated beyond their end', async () => {
  const federation = await createFederation(postern, issuer.issuer, { role: 'ADMINISTRATOR' });
  const { body } = await exchange(postern, await jwtFor(issuer, federation, at()), { scope: undefined });
  const { id, expiresAt } = (await viewer(body.access_token)).data.viewer.token;
  const call = (field: string, input: object, by = postern.owner.session) =>
    mutate(postern, field, { id, ...input }, by, '__typename');
  expect((await call('updateToken', { name: 'renamed' })).errors).toEqual([]);
  for (const input of [{ role: 'OWNER' }, { access: 'SCOPED', scopes: [] }]) {
    expect((await call('updateToken', input)).code).toBe('CONFLICT');
  }
  const later = { expires: { after: 'PT30M' } };
  expect((await call('regenerateToken', later)).code).toBe('BAD_USER_INPUT');
  const { data } = await mutate(
    postern,
    'regenerateToken',
    { id },
    postern.owner.session,
    'secret token { expiresAt }',
  );
  expect(data.regenerateToken.token.expiresAt).toBe(expiresAt);
  const own = await call('regenerateToken', later, data.regenerateToken.secret);
  expect(own.errors[0]?.extensions.reason).toBe('EXCEEDS_CALLER');
  postern.advance(16 * MINUTE);
  const fresh = await postern.signIn(postern.owner.email);
  expect((await call('regenerateToken', {}, fresh)).code).toBe('CONFLICT');
});

test('expired tokens of federations count to no limit and are deleted after a day', async () => {
  await postern.close();
  postern = await startTestApp({ ...env, POSTERN_TOKENS_PER_WORKSPACE: '2' });
  const federation = await createFederation(postern, issuer.issuer, { role: 'WORKSPACE_MANAGER' });
  const give = async () => exchange(postern, await jwtFor(issuer, federation, at()));
  const { body } = await give();
  await createWorkspaceToken(postern, 'VIEWER', {}, body.access_token);
  const full = await give();
  expect(full).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
  expect(full.headers.get('retry-after')).toBe('60');
  postern.advance(15 * MINUTE);
  for (const _ of [1, 2]) expect((await give()).status).toBe(200);

  const count = async () => (await postern.database.db.selectFrom('tokens').select('id').execute()).length;
  expect(await count()).toBe(4);
  postern.advance(24 * HOUR - 1);
  await postern.app.services.retention.prune();
  expect(await count()).toBe(4);
  postern.advance(1);
  await postern.app.services.retention.prune();
  expect(await count()).toBe(2);
  postern.advance(15 * MINUTE);
  await postern.app.services.retention.prune();
  expect(await count()).toBe(0);
  expect(await postern.database.db.selectFrom('used_jwts').selectAll().execute()).toEqual([]);
});

test('the policy of the workspace limits the lifetime and the roles of its tokens', async () => {
  const federation = await createFederation(postern, issuer.issuer);
  const policy = (input: object) =>
    mutate(
      postern,
      'updateTokenPolicy',
      { workspaceId: postern.workspaceId, ...input },
      postern.owner.session,
      '__typename',
    );
  await policy({ maxLifetime: 'PT2M' });
  const { body } = await exchange(postern, await jwtFor(issuer, federation, at()));
  expect(body.expires_in).toBe(120);
  expect((await viewer(body.access_token)).status).toBe(200);
  await policy({ tokenRoles: ['VIEWER'] });
  expect((await exchange(postern, await jwtFor(issuer, federation, at()))).body.error).toBe('invalid_target');
});
