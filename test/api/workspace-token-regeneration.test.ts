import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

const REGENERATE = `mutation ($input: RegenerateTokenInput!) {
  regenerateToken(input: $input) { token { expiresAt } }
}`;

function regenerate(id: string, by: string, input: object = {}) {
  return postern.post(REGENERATE, { input: { id, ...input } }, by);
}

test('a token whose role the policy forbids is not regenerated', async () => {
  const token = await createWorkspaceToken(postern, 'ADMINISTRATOR');
  const policy = { workspaceId: postern.workspaceId, tokenRoles: ['VIEWER'] };
  const query =
    'mutation ($input: UpdateTokenPolicyInput!) { updateTokenPolicy(input: $input) { __typename } }';
  await postern.post(query, { input: policy }, postern.owner.session);

  const response = await regenerate(token.id, postern.owner.session);
  expect(response.errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'POLICY' });
});
