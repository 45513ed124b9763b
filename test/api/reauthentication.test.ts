import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import {
  type Answer,
  createPost,
  PASSWORD,
  type Person,
  startTestApp,
  type TestApp,
} from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const MINUTE = 60_000;
const LIFETIME = 10 * MINUTE;
const REQUIRED = 'REAUTHENTICATION_REQUIRED';

let postern: TestApp;
let session: string;
beforeEach(async () => {
  postern = await startTestApp();
  session = postern.owner.session;
});
afterEach(() => postern.close());

const reauthenticate = (password = PASSWORD, by = session): Promise<Answer> =>
  mutate(postern, 'reauthenticate', { password }, by, 'until');

const deleteAllTokens = (by = session, node: Pick<TestApp, 'post'> = postern): Promise<Answer> =>
  node.post('mutation { deleteAllTokens { deletedCount } }', {}, by);

/** A call in the owner's workspace, prepared while the session is recent. */
type Prepare = () => Promise<() => Promise<Answer>>;

function call(
  field: string,
  input: object | ((other: Person) => object),
  role?: 'VIEWER' | 'OWNER',
): Prepare {
  return async () => {
    const other = await postern.person('other', role ?? 'VIEWER');
    const own = typeof input === 'function' ? input(other) : input;
    const { workspaceId } = postern;
    const key = ['deleteWorkspace', 'updateWorkspace'].includes(field) ? 'id' : 'workspaceId';
    return () => mutate(postern, field, { [key]: workspaceId, ...own }, session, '__typename');
  };
}

function onToken(field: string, role: 'WORKSPACE_MANAGER' | 'ADMINISTRATOR', input: object = {}): Prepare {
  return async () => {
    const { id } = await createWorkspaceToken(postern, role);
    return () => mutate(postern, field, { id, ...input }, session, '__typename');
  };
}

const addScopes: Prepare = async () => {
  const { id } = await createWorkspaceToken(postern, 'ADMINISTRATOR', { access: 'SCOPED', scopes: [] });
  return () => mutate(postern, 'addTokenScopes', { id, scopes: [] }, session, '__typename');
};

const SENSITIVE: readonly (readonly [string, Prepare])[] = [
  ['making an Owner', call('updateMemberRole', ({ id }) => ({ userId: id, role: 'OWNER' }))],
  ['unmaking an Owner', call('updateMemberRole', ({ id }) => ({ userId: id, role: 'VIEWER' }), 'OWNER')],
  ['removing an Owner', call('removeMember', ({ id }) => ({ userId: id }), 'OWNER')],
  ['leaving as an Owner', call('removeMember', () => ({ userId: postern.owner.id }), 'OWNER')],
  ['inviting an Owner', call('inviteMember', { email: 'new@example.com', role: 'OWNER' })],
  ['deleting a workspace', call('deleteWorkspace', {})],
  ['changing the token policy', call('updateTokenPolicy', { requireExpiry: true })],
  ['creating an Administrator token', call('createWorkspaceToken', { name: 'a', role: 'ADMINISTRATOR' })],
  ['raising a token', onToken('updateToken', 'WORKSPACE_MANAGER', { role: 'ADMINISTRATOR' })],
  ['lowering an Administrator token', onToken('updateToken', 'ADMINISTRATOR', { role: 'VIEWER' })],
  ['widening an Administrator token', addScopes],
  ['regenerating an Administrator token', onToken('regenerateToken', 'ADMINISTRATOR')],
  ['enabling an Administrator token', onToken('enableToken', 'ADMINISTRATOR')],
  ['deleting all tokens', async () => () => deleteAllTokens()],
];

const USUAL: readonly (readonly [string, Prepare])[] = [
  ['giving a lower role', call('updateMemberRole', ({ id }) => ({ userId: id, role: 'ADMINISTRATOR' }))],
  ['removing a lower member', call('removeMember', ({ id }) => ({ userId: id }))],
  ['inviting an Administrator', call('inviteMember', { email: 'new@example.com', role: 'ADMINISTRATOR' })],
  ['renaming a workspace', call('updateWorkspace', { name: 'Renamed' })],
  ['creating a lower token', call('createWorkspaceToken', { name: 'a', role: 'WORKSPACE_MANAGER' })],
  ['renaming an Administrator token', onToken('updateToken', 'ADMINISTRATOR', { name: 'renamed' })],
  ['regenerating a lower token', onToken('regenerateToken', 'WORKSPACE_MANAGER')],
  ['disabling an Administrator token', onToken('disableToken', 'ADMINISTRATOR')],
  ['revoking an Administrator token', onToken('revokeToken', 'ADMINISTRATOR')],
  ['deleting an Administrator token', onToken('deleteToken', 'ADMINISTRATOR')],
];

describe('a sign-in counts for ten minutes', () => {
  test.each(SENSITIVE)('%s is then refused until the password is confirmed', async (_name, prepare) => {
    const send = await prepare();
    postern.advance(LIFETIME);
    const refused = await send();
    expect([refused.status, refused.code, refusalIn(refused)]).toEqual([200, 'FORBIDDEN', REQUIRED]);
    const { data } = await reauthenticate();
    expect(data.reauthenticate.until).toBe(new Date(postern.now() + LIFETIME).toISOString());
    expect(refusalIn(await send())).toBeNull();
  });

  test.each(SENSITIVE)('%s is allowed until then', async (_name, prepare) => {
    const send = await prepare();
    postern.advance(LIFETIME - 1);
    expect(refusalIn(await send())).toBeNull();
  });

  test.each(USUAL)('%s never needs it', async (_name, prepare) => {
    const send = await prepare();
    postern.advance(LIFETIME);
    expect(refusalIn(await send())).toBeNull();
  });

  test('and so does a re-authentication', async () => {
    postern.advance(LIFETIME);
    await reauthenticate();
    postern.advance(LIFETIME - 1);
    expect(refusalIn(await deleteAllTokens())).toBeNull();
    postern.advance(1);
    expect(refusalIn(await deleteAllTokens())).toBe(REQUIRED);
  });

  test('the refusal changes nothing and says what to do', async () => {
    await createPersonalToken(postern, session);
    postern.advance(LIFETIME);
    const { errors } = await deleteAllTokens();
    expect(errors[0]?.message).toContain('reauthenticate');
    const { data } = await postern.post('{ tokens { totalCount } }', {}, session);
    expect(data.tokens.totalCount).toBe(1);
  });

  test('a caller without the role learns only that', async () => {
    const viewer = await postern.person('viewer', 'VIEWER');
    postern.advance(LIFETIME);
    const input = { id: postern.workspaceId };
    const refused = await mutate(postern, 'deleteWorkspace', input, viewer.session, '__typename');
    expect(refusalIn(refused)).toBe('ROLE_REQUIRED');
  });
});

describe('a re-authentication counts for its session only', () => {
  test('not for another session of the same user', async () => {
    const other = await postern.signIn(postern.owner.email);
    postern.advance(LIFETIME);
    await reauthenticate();
    expect(refusalIn(await deleteAllTokens(other))).toBe(REQUIRED);
    expect(refusalIn(await deleteAllTokens())).toBeNull();
  });

  test('a token cannot re-authenticate, and gains nothing by it', async () => {
    const personal = await createPersonalToken(postern, session);
    const service = await createWorkspaceToken(postern, 'OWNER');
    for (const { secret } of [personal, service]) {
      expect(refusalIn(await reauthenticate(PASSWORD, secret))).toBe('SESSION_REQUIRED');
      expect(refusalIn(await deleteAllTokens(secret))).toBe('SESSION_REQUIRED');
    }
  });

  test('a workspace token keeps the authority of its role, without a sign-in', async () => {
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    postern.advance(LIFETIME);
    const input = { workspaceId: postern.workspaceId, requireExpiry: true };
    expect(refusalIn(await mutate(postern, 'updateTokenPolicy', input, secret, '__typename'))).toBeNull();
  });

  test('in one document, from the field after it', async () => {
    postern.advance(LIFETIME);
    const document = `mutation {
      wrong: reauthenticate(input: { password: "wrong" }) { until }
      before: deleteAllTokens { deletedCount }
      right: reauthenticate(input: { password: "${PASSWORD}" }) { until }
      after: deleteAllTokens { deletedCount }
    }`;
    const { data, errors } = await postern.post(document, {}, session);
    expect(errors.map((error) => [error.path?.[0], refusalIn({ errors: [error] })])).toEqual([
      ['wrong', 'INVALID_CREDENTIALS'],
      ['before', REQUIRED],
    ]);
    expect(data.after).toEqual({ deletedCount: 0 });
  });

  test('on every server of the database, from the next request', async () => {
    const { database, now } = postern;
    const options = { database, clock: now, logger: createLogger('silent') };
    const second = await createApp(readConfig({}), options);
    const node = { post: createPost(second) };
    postern.advance(LIFETIME);
    expect(refusalIn(await deleteAllTokens(session, node))).toBe(REQUIRED);
    await reauthenticate();
    expect(refusalIn(await deleteAllTokens(session, node))).toBeNull();
  });
});

test('a session that becomes too old between the check and the transaction is refused', async () => {
  const { database } = postern;
  let now = postern.now();
  const slow: typeof database.transact = (locks, work, options) => {
    now += LIFETIME;
    return database.transact(locks, work, options);
  };
  const options = {
    database: { ...database, transact: slow },
    clock: () => now,
    logger: createLogger('silent'),
  };
  const app = await createApp(readConfig({}), options);
  const node = { post: createPost(app) };
  now += LIFETIME - 1;
  expect(refusalIn(await deleteAllTokens(session, node))).toBe(REQUIRED);
});

describe('the password is no easier to guess than at sign-in', () => {
  const changePassword = (currentPassword: string): Promise<Answer> =>
    mutate(
      postern,
      'changePassword',
      { currentPassword, newPassword: `new ${PASSWORD}` },
      session,
      'sessionToken',
    );

  test('after ten wrong ones in fifteen minutes, a correct one is refused too', async () => {
    for (let tries = 0; tries < 9; tries += 1) {
      expect(refusalIn(await reauthenticate('wrong'))).toBe('INVALID_CREDENTIALS');
    }
    expect(refusalIn(await changePassword('wrong'))).toBe('INVALID_CREDENTIALS');
    const [right, wrong] = [await reauthenticate(), await reauthenticate('wrong')];
    expect([right.code, wrong.code]).toEqual(['TOO_MANY_ATTEMPTS', 'TOO_MANY_ATTEMPTS']);
    expect(right.errors).toEqual(wrong.errors);
    expect(refusalIn(await changePassword(PASSWORD))).toBe('TOO_MANY_ATTEMPTS');
    postern.advance(15 * MINUTE);
    expect(refusalIn(await reauthenticate())).toBeNull();
  });

  test('concurrent guesses count, and none of them beyond the limit is checked', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => reauthenticate('wrong')));
    expect(answers.filter(({ code }) => code === 'INVALID_CREDENTIALS')).toHaveLength(10);
    expect(answers.filter(({ code }) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(10);
  });

  test('guesses in one session keep no one from signing in', async () => {
    for (let tries = 0; tries < 11; tries += 1) await reauthenticate('wrong');
    expect(await postern.signIn(postern.owner.email)).toMatch(/^ses_/);
  });

  test('the old password is worth nothing after a change', async () => {
    const { sessionToken } = (await changePassword(PASSWORD)).data.changePassword;
    postern.advance(LIFETIME);
    expect(refusalIn(await reauthenticate(PASSWORD, sessionToken))).toBe('INVALID_CREDENTIALS');
    expect(refusalIn(await deleteAllTokens(sessionToken))).toBe(REQUIRED);
    expect(refusalIn(await reauthenticate(`new ${PASSWORD}`, sessionToken))).toBeNull();
  });

  test('another password is not asked for: only that of the user of the session', async () => {
    const other = await postern.person('other');
    await mutate(
      postern,
      'changePassword',
      { currentPassword: PASSWORD, newPassword: `other ${PASSWORD}` },
      other.session,
      '__typename',
    );
    expect(refusalIn(await reauthenticate(`other ${PASSWORD}`))).toBe('INVALID_CREDENTIALS');
  });
});

test('it is in the audit log, also if the password was wrong', async () => {
  await reauthenticate('wrong');
  await reauthenticate();
  const { data } = await postern.post(
    '{ viewer { auditEvents(first: 2) { nodes { action } } } }',
    {},
    session,
  );
  const actions = data.viewer.auditEvents.nodes.map(({ action }: { action: string }) => action);
  expect(actions).toEqual(['session.reauthenticated', 'session.refused']);
});

test('it requires a session and a password', async () => {
  const { errors } = await mutate(postern, 'reauthenticate', {}, session, 'until');
  expect(badPathsIn({ errors })).toEqual(['input']);
  expect(refusalIn(await mutate(postern, 'reauthenticate', { password: PASSWORD }, null, 'until'))).toBe(
    'UNAUTHENTICATED',
  );
});
