import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { startTestProvider, type TestProvider } from '../support/oidc-provider.ts';
import { POSTERN as ORIGIN, START, signIn } from '../support/sign-in.ts';

let provider: TestProvider;

beforeAll(async () => {
  provider = await startTestProvider({ names: ['corp', 'other'], origins: [ORIGIN] });
  provider.people.set('ada', { email: 'Ada@Example.com', email_verified: true, name: 'Ada Lovelace' });
  provider.people.set('eve', { email: 'eve@elsewhere.example', email_verified: true, name: 'Eve' });
  provider.people.set('unverified', { email: 'ada@example.com', email_verified: false, name: 'Ada?' });
  provider.people.set('owner', { email: 'owner@example.com', email_verified: true, name: 'Owner' });
  provider.people.set('nameless', { email: 'x.y@example.com', email_verified: true, name: '\u202e\u0000' });
  provider.people.set('anonymous', {});
});
afterAll(() => provider.close());

/** Starts Postern with the provider `corp`. */
async function start(env: Record<string, string> = {}): Promise<TestApp> {
  return startTestApp({ ...provider.env('corp', ORIGIN), POSTERN_OIDC_CORP_PROVISION: 'on', ...env });
}

test('a person signs in at the provider and comes back with a session', async () => {
  const postern = await start({ POSTERN_OIDC_CORP_DOMAINS: 'example.com' });
  const { browser, page, answer } = await signIn(postern, 'ada', `${START}?to=/workspaces`);
  expect(page.pathname + page.search).toBe('/sign-in');
  expect(answer.errors).toEqual([]);
  expect(answer.data.completeSignIn).toEqual({
    to: '/workspaces',
    user: { id: expect.any(String), email: 'ada@example.com', emailVerified: true, name: 'Ada Lovelace' },
  });
  const me = await browser.post(
    '{ viewer { kind user { email identities { provider subject lastUsedAt } } } }',
  );
  expect(me.data.viewer).toEqual({
    kind: 'SESSION',
    user: {
      email: 'ada@example.com',
      identities: [{ provider: 'corp', subject: 'ada', lastUsedAt: new Date(postern.now()).toISOString() }],
    },
  });
  const again = await signIn(postern, 'ada');
  expect(again.answer.data.completeSignIn.user.id).toBe(answer.data.completeSignIn.user.id);
  await postern.close();
});

describe('who is let in', () => {
  test('without an account, no one unless the provider is configured so', async () => {
    const postern = await start({ POSTERN_OIDC_CORP_PROVISION: '' });
    const { answer } = await signIn(postern, 'ada');
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'NOT_INVITED' });
    await postern.close();
  });

  test('with invited, a person whose verified address has an open invitation', async () => {
    const postern = await start({
      POSTERN_OIDC_CORP_PROVISION: 'invited',
      POSTERN_OIDC_CORP_DOMAINS: 'example.com',
    });
    expect((await signIn(postern, 'ada')).answer.errors[0]?.extensions.reason).toBe('NOT_INVITED');
    const invite =
      'mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitationSecret } }';
    const input = { workspaceId: postern.workspaceId, email: 'ada@example.com', role: 'VIEWER' };
    const invitation = await postern.post(invite, { input }, postern.owner.session);
    expect((await signIn(postern, 'unverified')).answer.errors[0]?.extensions.reason).toBe('DOMAIN');
    const { browser, answer } = await signIn(postern, 'ada');
    expect(answer.errors).toEqual([]);
    const secret = invitation.data.inviteMember.invitationSecret;
    const accept =
      'mutation ($secret: String!) { acceptInvitation(input: { secret: $secret }) { member { role } } }';
    expect((await browser.post(accept, { secret })).data.acceptInvitation.member.role).toBe('VIEWER');
    await postern.close();
  });

  test('only people with a verified address of a listed domain', async () => {
    const postern = await start({ POSTERN_OIDC_CORP_DOMAINS: 'example.com' });
    for (const person of ['eve', 'unverified', 'anonymous']) {
      const { answer } = await signIn(postern, person);
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'DOMAIN' });
    }
    await postern.close();
  });

  test('an address from a provider without domains is not verified, unless it is trusted', async () => {
    const plain = await start();
    expect((await signIn(plain, 'ada')).answer.data.completeSignIn.user.emailVerified).toBe(false);
    await plain.close();
    const trusting = await start({ POSTERN_OIDC_CORP_TRUST_EMAIL: 'on' });
    expect((await signIn(trusting, 'ada')).answer.data.completeSignIn.user.emailVerified).toBe(true);
    await trusting.close();
  });

  test('whether an address is verified is asked at the UserInfo endpoint if only the address is in the ID token', async () => {
    const partial = await startTestProvider({ names: ['corp'], origins: [ORIGIN], idTokenClaims: ['email'] });
    const env = { ...partial.env('corp', ORIGIN), POSTERN_OIDC_CORP_PROVISION: 'on' };
    const postern = await startTestApp({ ...env, POSTERN_OIDC_CORP_DOMAINS: 'example.com' });
    partial.people.set('ada', { email: 'ada@example.com', email_verified: true });
    partial.people.set('eve', { email: 'eve@example.com', email_verified: false });
    const { answer } = await signIn(postern, 'ada');
    expect(answer.data.completeSignIn.user.emailVerified).toBe(true);
    expect((await signIn(postern, 'eve')).answer.errors[0]?.extensions.reason).toBe('DOMAIN');
    await postern.close();
    await partial.close();
  });

  test('an account is never taken by its address', async () => {
    const postern = await start({ POSTERN_OIDC_CORP_DOMAINS: 'example.com' });
    const { browser, answer } = await signIn(postern, 'owner');
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ACCOUNT_EXISTS' });
    expect((await browser.post('{ viewer { kind } }')).code).toBe('UNAUTHENTICATED');
    await postern.close();
  });

  test('a provider that provisions no one reveals no account to a person with an unverified address', async () => {
    const postern = await start({ POSTERN_OIDC_CORP_PROVISION: '' });
    expect((await signIn(postern, 'owner')).answer.errors[0]?.extensions.reason).toBe('NOT_INVITED');
    await postern.close();
  });

  test('a changed address at the provider changes nothing here, even if it belongs to another account', async () => {
    const postern = await start();
    provider.people.set('mover', { email: 'mover@example.com', email_verified: true, name: 'Mover' });
    const first = await signIn(postern, 'mover');
    provider.people.set('mover', { email: 'owner@example.com', email_verified: true, name: 'Owner' });
    const second = await signIn(postern, 'mover');
    expect(second.answer.data.completeSignIn).toEqual(first.answer.data.completeSignIn);
    await postern.close();
  });

  test('domains are checked at every sign-in', async () => {
    const postern = await start({ POSTERN_OIDC_CORP_DOMAINS: 'example.com' });
    provider.people.set('mover', { email: 'mover@example.com', email_verified: true });
    expect((await signIn(postern, 'mover')).answer.errors).toEqual([]);
    provider.people.set('mover', { email: 'mover@elsewhere.example', email_verified: true });
    expect((await signIn(postern, 'mover')).answer.errors[0]?.extensions.reason).toBe('DOMAIN');
    await postern.close();
  });

  test('a deactivated person is refused', async () => {
    const postern = await start();
    await signIn(postern, 'ada');
    await postern.app.services.operator.deactivateUser('ada@example.com');
    expect((await signIn(postern, 'ada')).answer.errors[0]?.extensions.reason).toBe('DEACTIVATED');
    await postern.close();
  });

  test('a name that breaks the rules is replaced by the local part of the address', async () => {
    const postern = await start();
    expect((await signIn(postern, 'nameless')).answer.data.completeSignIn.user.name).toBe('x.y');
    await postern.close();
  });

  test('an account from a provider has no password to guess', async () => {
    const postern = await start();
    await signIn(postern, 'ada');
    const query = 'mutation ($input: SignInInput!) { signIn(input: $input) { expiresAt } }';
    for (const password of ['', 'null', '-']) {
      const input = { email: 'ada@example.com', password };
      expect((await postern.post(query, { input })).code).toBe('INVALID_CREDENTIALS');
    }
    await postern.close();
  });
});
