import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createPersonalToken } from '../support/tokens.ts';

const VIEWER = '{ viewer { token { id } } }';
const REGENERATE = 'mutation ($id: ID!) { regenerateToken(input: { id: $id }) { secret } }';
const REVOKE = 'mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { status } } }';
const DISABLE = 'mutation ($id: ID!) { disableToken(input: { id: $id }) { token { status } } }';
const DELETE = 'mutation ($id: ID!) { deleteToken(input: { id: $id }) { __typename } }';
const CREATE = 'mutation { createToken(input: { name: "another" }) { token { id } } }';

let postern: TestApp;

beforeEach(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: '5' });
});

afterEach(() => postern.close());

async function works(secret: string): Promise<boolean> {
  return (await postern.post(VIEWER, {}, secret)).status === 200;
}

async function countWorking(secrets: readonly string[]): Promise<number> {
  return (await Promise.all(secrets.map(works))).filter(Boolean).length;
}

test('fifty concurrent regenerations of one token all succeed, and leave one valid secret', async () => {
  const { session } = postern.owner;
  const { id, secret } = await createPersonalToken(postern, session);
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => postern.post(REGENERATE, { id }, session)),
  );
  expect(responses.flatMap(({ errors }) => errors)).toEqual([]);
  const secrets = responses.map(({ data }) => data.regenerateToken.secret as string);
  expect(new Set(secrets).size).toBe(50);
  expect(await countWorking([secret, ...secrets])).toBe(1);
});

test('concurrently created tokens stop at the limit', async () => {
  const { session } = postern.owner;
  const responses = await Promise.all(Array.from({ length: 20 }, () => postern.post(CREATE, {}, session)));
  const codes = responses.map(({ code }) => code ?? 'created').sort();
  expect(codes).toEqual([...Array(15).fill('LIMIT_REACHED'), ...Array(5).fill('created')]);
});

test.each([
  ['revoked', REVOKE],
  ['disabled', DISABLE],
  ['deleted', DELETE],
])(
  'a token that is regenerated while it is %s has the same state as after both calls in sequence',
  async (_how, stop) => {
    const { session } = postern.owner;
    for (let round = 0; round < 4; round++) {
      const { id, secret } = await createPersonalToken(postern, session);
      const [stopped, regenerated] = await Promise.all([
        postern.post(stop, { id }, session),
        postern.post(REGENERATE, { id }, session),
      ]);
      expect(stopped.errors).toEqual([]);
      expect([undefined, 'NOT_FOUND']).toContain(regenerated.code);
      expect(await works(secret)).toBe(false);
      const next = regenerated.data?.regenerateToken?.secret;
      // A token that is revoked first and then regenerated works; a disabled or deleted one does not, in either order.
      if (next && stop !== REVOKE) expect(await works(next)).toBe(false);
      await postern.post(DELETE, { id }, session);
    }
  },
);

test('if both secrets of an overlap are used concurrently, the new one remains', async () => {
  const { session } = postern.owner;
  const { id, secret } = await createPersonalToken(postern, session);
  const overlap = 'mutation ($id: ID!) { regenerateToken(input: { id: $id, overlap: "PT1H" }) { secret } }';
  const { data } = await postern.post(overlap, { id }, session);
  const next = data.regenerateToken.secret as string;
  const used = await Promise.all([secret, next, secret, next, secret].map(works));
  expect([used[1], used[3]]).toEqual([true, true]);
  expect([await works(secret), await works(next)]).toEqual([false, true]);
});

test('an invitation that two callers accept concurrently creates one member', async () => {
  const ada = await postern.person('Ada');
  const { data } = await postern.post(
    `mutation ($w: ID!, $email: EmailAddress!) {
      inviteMember(input: { workspaceId: $w, email: $email, role: VIEWER }) { invitationSecret }
    }`,
    { w: postern.workspaceId, email: ada.email },
    postern.owner.session,
  );
  const accept =
    'mutation ($secret: String!) { acceptInvitation(input: { secret: $secret }) { __typename } }';
  const secret = data.inviteMember.invitationSecret;
  const responses = await Promise.all([1, 2, 3].map(() => postern.post(accept, { secret }, ada.session)));
  expect(responses.map(({ code }) => code ?? 'joined').sort()).toEqual(['NOT_FOUND', 'NOT_FOUND', 'joined']);
});

test('if two Owners leave concurrently, one stays', async () => {
  const ada = await postern.person('Ada', 'OWNER');
  const leave =
    'mutation ($w: ID!, $me: ID!) { removeMember(input: { workspaceId: $w, userId: $me }) { __typename } }';
  const responses = await Promise.all(
    [ada, postern.owner].map(({ id, session }) =>
      postern.post(leave, { w: postern.workspaceId, me: id }, session),
    ),
  );
  expect(responses.map(({ code }) => code ?? 'left').sort()).toEqual(['CONFLICT', 'left']);
});

test('a call of a session that is being ended takes effect before the end, or not at all', async () => {
  const person = await postern.person('Ada');
  const responses = await Promise.all([
    ...Array.from({ length: 4 }, () => postern.post(CREATE, {}, person.session)),
    postern.post('mutation { signOut { __typename } }', {}, person.session),
    ...Array.from({ length: 4 }, () => postern.post(CREATE, {}, person.session)),
  ]);
  for (const { code } of responses) {
    expect([undefined, 'UNAUTHENTICATED', 'INVALID_SESSION', 'LIMIT_REACHED']).toContain(code);
  }
  expect((await postern.post(CREATE, {}, person.session)).code).toBe('INVALID_SESSION');
});

test('of two concurrent password changes by the same current password, one succeeds', async () => {
  const ada = await postern.person('Ada');
  const change = `mutation ($current: String!, $next: String!) {
    changePassword(input: { currentPassword: $current, newPassword: $next }) { __typename }
  }`;
  const responses = await Promise.all(
    ['one', 'other'].map((which) =>
      postern.post(change, { current: ada.password, next: `${which} ${ada.password}` }, ada.session),
    ),
  );
  const codes = responses.map(({ code }) => code);
  expect(codes.filter((code) => code === undefined)).toHaveLength(1);
  // The session has a new secret after the first change.
  expect(['INVALID_CREDENTIALS', 'UNAUTHENTICATED']).toContain(codes.find((code) => code !== undefined));
});
