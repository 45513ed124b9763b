import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome, badPathsIn, refusalIn } from '../support/responses.ts';
import { createPersonalToken, createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UNCHANGED = 'identifier name description access role createdAt scopes { id operations }';
const MANAGE = { entityType: 'token', operations: ['CREATE', 'UPDATE'] };

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const run = (
  field: string,
  id: string,
  input: object = {},
  by: string | null = postern.owner.session,
): Promise<Answer> => mutate(postern, field, { id, ...input }, by, '__typename');

const regenerate = (
  id: string,
  input: object = {},
  by: string | null = postern.owner.session,
): Promise<Answer> =>
  mutate(
    postern,
    'regenerateToken',
    { id, ...input },
    by,
    `secret token { ${UNCHANGED} status expiresAt regeneratedAt maskedSecret }`,
  );

/** Regenerates a token; returns its new secret. */
async function renewed(id: string, input: object = {}, by?: string): Promise<string> {
  const { data, errors } = await regenerate(id, input, by);
  expect(errors).toEqual([]);
  return data.regenerateToken.secret;
}

const personal = (input: object = {}): Promise<IssuedToken> =>
  createPersonalToken(postern, postern.owner.session, input);

function inHours(hours: number): string {
  return new Date(postern.now() + hours * HOUR).toISOString();
}

const outcome = (secret: string) => authOutcome(postern, secret);

describe('regenerateToken', () => {
  test('returns a new secret that works, and the old one is refused from the next request on', async () => {
    const { id, secret } = await personal();
    const next = await renewed(id);
    expect(next).not.toBe(secret);
    expect([await outcome(secret), await outcome(next)]).toEqual(['INVALID_TOKEN', 'OK']);
  });

  test('starts the previous lifetime again, and keeps everything else', async () => {
    const scopes = [{ entityType: 'workspace', operations: ['READ'] }];
    const { id } = await personal({
      name: 'n',
      description: 'd',
      access: 'SCOPED',
      scopes,
      expires: { after: 'PT48H' },
    });
    const before = (
      await postern.post(
        `query ($id: ID!) { token(id: $id) { ${UNCHANGED} } }`,
        { id },
        postern.owner.session,
      )
    ).data.token;
    postern.advance(40 * HOUR);
    const { data } = await regenerate(id);
    const { secret, token } = data.regenerateToken;
    expect(token).toEqual({
      ...before,
      status: 'ACTIVE',
      expiresAt: inHours(48),
      regeneratedAt: inHours(0),
      maskedSecret: `${secret.slice(0, 10)}…`,
    });
  });

  test.each([
    ['after a duration', { after: 'PT5H' }, 5],
    ['at a time', { at: '2030-01-02T12:00:00Z' }, 24],
  ])('accepts another expiry: %s', async (_when, expires, hours) => {
    const { id } = await personal();
    expect((await regenerate(id, { expires })).data.regenerateToken.token.expiresAt).toBe(inHours(hours));
  });

  test.each([
    ['never', { expires: { never: true } }, 'input.expires'],
    ['with too long a duration', { expires: { after: 'P367D' } }, 'input.expires'],
    ['with an expiry in the past', { expires: { at: '2029-01-01T00:00:00Z' } }, 'input.expires.at'],
    ['with an overlap above seven days', { overlap: 'P7DT1S' }, 'input.overlap'],
    ['with an overlap of zero', { overlap: 'PT0S' }, 'input.overlap'],
  ])('is refused %s, and keeps the old secret', async (_what, input, path) => {
    const { id, secret } = await personal();
    expect(badPathsIn(await regenerate(id, input))).toEqual([path]);
    expect(await outcome(secret)).toBe('OK');
  });

  test('makes an expired token active', async () => {
    const { id, secret } = await personal({ expires: { after: 'PT1H' } });
    postern.advance(HOUR);
    expect(await outcome(secret)).toBe('TOKEN_EXPIRED');
    expect(await outcome(await renewed(id))).toBe('OK');
    expect(await outcome(secret)).toBe('INVALID_TOKEN');
  });

  test('makes a revoked token active, and none that derives from it', async () => {
    const { id, secret } = await personal({ access: 'SCOPED', scopes: [MANAGE] });
    const child = await createPersonalToken(postern, secret, { access: 'SCOPED', scopes: [] });
    await run('revokeToken', id);
    const next = await renewed(id);
    expect([await outcome(next), await outcome(secret), await outcome(child.secret)]).toEqual([
      'OK',
      'INVALID_TOKEN',
      'TOKEN_REVOKED',
    ]);
  });

  test('keeps a disabled token disabled: only enableToken enables it', async () => {
    const { id } = await personal();
    await run('disableToken', id);
    const next = await renewed(id);
    expect(await outcome(next)).toBe('TOKEN_DISABLED');
    await run('enableToken', id);
    expect(await outcome(next)).toBe('OK');
  });

  test('keeps a token disabled that was also revoked', async () => {
    const { id } = await personal();
    await run('disableToken', id);
    await run('revokeToken', id);
    expect(await outcome(await renewed(id))).toBe('TOKEN_DISABLED');
  });

  test('bounds derived tokens by its new expiry', async () => {
    const { id, secret } = await personal({ access: 'SCOPED', scopes: [MANAGE] });
    const child = await createPersonalToken(postern, secret, { access: 'SCOPED', scopes: [] });
    await renewed(id, { expires: { after: 'PT1H' } });
    expect(await outcome(child.secret)).toBe('OK');
    postern.advance(HOUR);
    expect(await outcome(child.secret)).toBe('TOKEN_EXPIRED');
  });

  test('keeps a token without an expiry, unless the policy now requires one', async () => {
    const { id } = await createWorkspaceToken(postern, 'VIEWER', { expires: { never: true } });
    expect((await regenerate(id)).data.regenerateToken.token.expiresAt).toBeNull();
    const { workspaceId } = postern;
    await mutate(
      postern,
      'updateTokenPolicy',
      { workspaceId, requireExpiry: true },
      postern.owner.session,
      '__typename',
    );
    expect((await regenerate(id)).data.regenerateToken.token.expiresAt).toBe(inHours(30 * 24));
    expect(refusalIn(await regenerate(id, { expires: { never: true } }))).toBe('POLICY');
  });

  test('is for the owner: other callers get NOT_FOUND, anonymous callers UNAUTHENTICATED, a FULL token lacks the scope', async () => {
    const { id, secret } = await personal();
    const other = await postern.person('other', 'OWNER');
    expect(refusalIn(await regenerate(id, {}, other.session))).toBe('NOT_FOUND');
    expect(refusalIn(await regenerate(id, {}, null))).toBe('UNAUTHENTICATED');
    expect(refusalIn(await regenerate(id, {}, secret))).toBe('MISSING_SCOPE');
    expect(await outcome(secret)).toBe('OK');
  });

  test('requires an Administrator for a workspace token', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'VIEWER');
    const manager = await postern.person('manager', 'WORKSPACE_MANAGER');
    expect(refusalIn(await regenerate(id, {}, manager.session))).toBe('ROLE_REQUIRED');
    expect(await outcome(secret)).toBe('OK');
    const administrator = await postern.person('administrator', 'ADMINISTRATOR');
    expect(await outcome(await renewed(id, {}, administrator.session))).toBe('OK');
  });
});

describe('called with a token, regenerateToken', () => {
  test('keeps the expiry, accepts an earlier one, and refuses a later one', async () => {
    const { id, secret } = await personal({
      access: 'SCOPED',
      scopes: [MANAGE],
      expires: { after: 'PT10H' },
    });
    const end = inHours(10);
    postern.advance(HOUR);
    const first = await regenerate(id, {}, secret);
    expect(first.data.regenerateToken.token.expiresAt).toBe(end);
    const by = first.data.regenerateToken.secret;
    expect(refusalIn(await regenerate(id, { expires: { after: 'PT9H1S' } }, by))).toBe('EXCEEDS_CALLER');
    const second = await regenerate(id, { expires: { after: 'PT1H' } }, by);
    expect(second.data.regenerateToken.token.expiresAt).toBe(inHours(1));
  });

  test('does not renew an expired token', async () => {
    const { secret } = await personal({ access: 'SCOPED', scopes: [MANAGE] });
    const child = await createPersonalToken(postern, secret, { access: 'NONE', expires: { after: 'PT1H' } });
    postern.advance(HOUR);
    expect(refusalIn(await regenerate(child.id, {}, secret))).toBe('CONFLICT');
  });
});

describe('with an overlap', () => {
  test('the old secret works until the new one is first used', async () => {
    const { id, secret } = await personal();
    const next = await renewed(id, { overlap: 'PT1H' });
    expect([await outcome(secret), await outcome(secret)]).toEqual(['OK', 'OK']);
    expect(await outcome(next)).toBe('OK');
    expect(await outcome(secret)).toBe('INVALID_TOKEN');
  });

  test('the old secret works until the overlap ends, to the millisecond', async () => {
    const { id, secret } = await personal();
    const next = await renewed(id, { overlap: 'PT1H' });
    postern.advance(HOUR - 1);
    expect(await outcome(secret)).toBe('OK');
    postern.advance(1);
    expect([await outcome(secret), await outcome(next)]).toEqual(['INVALID_TOKEN', 'OK']);
  });

  test('the old secret does not outlive its expiry', async () => {
    const { id, secret } = await personal({ expires: { after: 'PT1H' } });
    await renewed(id, { overlap: 'P1D', expires: { after: 'P30D' } });
    postern.advance(HOUR);
    expect(await outcome(secret)).toBe('INVALID_TOKEN');
  });

  test('a refused request does not count as a use of the new secret', async () => {
    const { id, secret } = await personal({ access: 'NONE' });
    const next = await renewed(id, { overlap: 'PT1H' });
    expect(await outcome(next)).toBe('TOKEN_NO_ACCESS');
    await run('updateToken', id, { access: 'FULL' });
    expect([await outcome(secret), await outcome(next), await outcome(secret)]).toEqual([
      'OK',
      'OK',
      'INVALID_TOKEN',
    ]);
  });

  test('both secrets are disabled and enabled together', async () => {
    const { id, secret } = await personal();
    const next = await renewed(id, { overlap: 'PT1H' });
    await run('disableToken', id);
    expect([await outcome(secret), await outcome(next)]).toEqual(['TOKEN_DISABLED', 'TOKEN_DISABLED']);
    await run('enableToken', id);
    expect(await outcome(secret)).toBe('OK');
    await run('revokeToken', id);
    expect([await outcome(secret), await outcome(next)]).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED']);
  });

  test('a second regeneration with an overlap leaves the last two secrets', async () => {
    const { id, secret } = await personal();
    const second = await renewed(id, { overlap: 'PT1H' });
    const third = await renewed(id, { overlap: 'PT1H' });
    expect([await outcome(secret), await outcome(second), await outcome(third)]).toEqual([
      'INVALID_TOKEN',
      'OK',
      'OK',
    ]);
  });

  test('a regeneration without an overlap ends all earlier secrets', async () => {
    const { id, secret } = await personal();
    const second = await renewed(id, { overlap: 'PT1H' });
    await renewed(id);
    expect([await outcome(secret), await outcome(second)]).toEqual(['INVALID_TOKEN', 'INVALID_TOKEN']);
  });

  test.each([
    ['expired', async (_id: string) => postern.advance(DAY)],
    ['revoked', async (id: string) => run('revokeToken', id)],
  ])('a secret that was %s does not become valid again', async (_how, invalidate) => {
    const { id, secret } = await personal({ expires: { after: 'P1D' } });
    await invalidate(id);
    const next = await renewed(id, { overlap: 'PT1H' });
    expect([await outcome(secret), await outcome(next)]).toEqual(['INVALID_TOKEN', 'OK']);
  });
});

test('an overlap is shown and can be ended early, while the new secret keeps working', async () => {
  const { session } = postern.owner;
  const { id, secret } = await createPersonalToken(postern, session);
  const select = 'secret token { overlapEndsAt }';
  const { data } = await mutate(postern, 'regenerateToken', { id, overlap: 'PT1H' }, session, select);
  const { token, secret: next } = data.regenerateToken;
  expect(token.overlapEndsAt).toBe(new Date(postern.now() + 3_600_000).toISOString());
  const end = () =>
    mutate(
      postern,
      'endTokenOverlap',
      { id },
      session,
      'token { overlapEndsAt auditEvents(first: 1) { nodes { action } } }',
    );
  const ended = await end();
  expect(ended.data.endTokenOverlap.token).toEqual({
    overlapEndsAt: null,
    auditEvents: { nodes: [{ action: 'token.overlap_ended' }] },
  });
  expect(await authOutcome(postern, secret)).toBe('INVALID_TOKEN');
  expect(await authOutcome(postern, next)).toBe('OK');
  expect((await end()).errors).toEqual([]);
});
