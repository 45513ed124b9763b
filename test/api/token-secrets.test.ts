import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeSecret } from '../../src/domain/secret.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { authOutcome } from '../support/responses.ts';
import { createPersonalToken } from '../support/tokens.ts';

const ALL =
  'id identifier name description maskedSecret access scopes { id } owner { id } status regeneratedAt';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

test('a secret appears only in the response to the call that created it', async () => {
  const { id, secret } = await createPersonalToken(postern, postern.owner.session);
  const { data } = await mutate(
    postern,
    'regenerateToken',
    { id, overlap: 'PT1H' },
    postern.owner.session,
    'secret',
  );
  const secrets = [secret, data.regenerateToken.secret];
  const everything = `query ($id: ID!) {
    token(id: $id) { ${ALL} auditEvents { nodes { detail } } }
    tokens { nodes { ${ALL} } }
    viewer { user { id } auditEvents { nodes { action detail targetId } } }
  }`;
  const { errors, data: read } = await postern.post(everything, { id }, postern.owner.session);
  expect(errors).toEqual([]);
  for (const each of secrets) expect(JSON.stringify(read)).not.toContain(each.slice(10));
});

test('a secret with a wrong shape or checksum is refused without a database read', async () => {
  const other = await startTestApp();
  await other.database.close();
  const made = composeSecret('PERSONAL', new Uint8Array(32).fill(7));
  const misspelt = `${made.slice(0, -1)}${made.endsWith('0') ? '1' : '0'}`;
  for (const secret of ['pat_short', misspelt, made.toUpperCase()]) {
    expect(await authOutcome(other, secret)).toBe('INVALID_TOKEN');
  }
  // A well-formed secret requires a lookup, which fails.
  expect(await authOutcome(other, made)).toMatch(/^(?:UNAVAILABLE|INTERNAL_SERVER_ERROR)$/);
});
