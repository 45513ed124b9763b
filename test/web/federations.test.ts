import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from '../support/app.ts';
import { createChannel } from '../support/channels.ts';
import { postForm } from '../support/device.ts';
import { type JwtIssuer, startJwtIssuer } from '../support/jwt-issuer.ts';
import { type ConsoleTest, startConsole } from './support/console.ts';

const SIGN_IN_LIFETIME = 10 * 60_000;
const CLAIMS = {
  repository_owner_id: '123456',
  repository: 'octo-org/octo-repo',
  ref: 'refs/heads/main',
  sub: 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main',
};

let issuer: JwtIssuer;
let web: ConsoleTest;
let ada: Person;
let workspaceId: string;
beforeAll(async () => {
  issuer = await startJwtIssuer();
  web = await startConsole({
    POSTERN_PUBLIC_URL: 'http://localhost:4000',
    POSTERN_FEDERATION: 'ci,k8s',
    POSTERN_FEDERATION_CI_ISSUER: issuer.issuer,
    POSTERN_FEDERATION_K8S_ISSUER: 'https://kubernetes.default.svc',
  });
  ada = await web.wire.postern.person('Ada');
  workspaceId = await web.wire.postern.workspace('Federated', [[ada, 'ADMINISTRATOR']]);
});
beforeEach(async () => {
  const { postern } = web.wire;
  const session = await postern.signIn(ada.email);
  ada = { ...ada, session };
});
afterEach(() => web.expectNoComplaints());
afterAll(async () => {
  await web.stop();
  await issuer.close();
});

async function confirm(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm who you are' });
  await dialog.getByLabel('Password').fill(ada.password);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
}

const claim = (page: Page, name: string) =>
  page.getByRole('group', { name: `Claim ${name}`, exact: true }).getByLabel('Value');

/** Fills in the form for a new federation from the template for GitHub Actions. */
async function fillIn(page: Page): Promise<void> {
  await page.getByLabel('GitHub Actions').check();
  await page.getByLabel('Issuer', { exact: true }).selectOption(issuer.issuer);
  await page.getByLabel('Name', { exact: true }).fill('Deploy website');
  await claim(page, 'repository_owner_id').fill(CLAIMS.repository_owner_id);
  await claim(page, 'repository').fill(CLAIMS.repository);
}

/** Exchanges a new JWT of a job. */
async function exchange(audience: string, claims: object = {}) {
  const { postern } = web.wire;
  const jwt = await issuer.token({
    at: postern.now(),
    header: { typ: 'JWT' },
    claims: {
      aud: audience,
      azp: undefined,
      scope: undefined,
      ...CLAIMS,
      jti: crypto.randomUUID(),
      ...claims,
    },
  });
  return postForm(postern, '/oauth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: jwt,
  });
}

async function statusWith(secret: string): Promise<number> {
  return (await web.wire.postern.post('{ viewer { kind } }', {}, secret)).status;
}

test('an Administrator creates a federation from a template, a job gets a token, and a change ends it', async () => {
  const { page, open } = await web.visit(ada);
  await open(`/workspaces/${workspaceId}/federations`);
  await page.getByText('No federations yet').waitFor();
  await page.getByRole('link', { name: 'New federation' }).click();
  await fillIn(page);
  expect(await claim(page, 'ref').inputValue()).toBe('refs/heads/main');
  web.wire.postern.advance(SIGN_IN_LIFETIME);
  await page.getByRole('button', { name: 'Create federation' }).click();
  await confirm(page);
  await page.getByRole('heading', { name: 'Deploy website' }).waitFor();
  const audience = (await page.locator('dd code').first().textContent()) ?? '';
  expect(audience).toMatch(/^http:\/\/localhost:4000\/federations\/fed_[0-9a-f]{32}$/);
  await page.getByText('Never').waitFor();

  expect((await exchange(audience, { repository: 'evil/octo-repo' })).body.error).toBe('invalid_target');
  const { body } = await exchange(audience);
  expect(body).toMatchObject({ access_token: expect.stringMatching(/^wst_/), expires_in: 900 });
  expect(await statusWith(body.access_token)).toBe(200);

  await page.getByLabel('Name', { exact: true }).fill('Deploy');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Deploy', exact: true }).waitFor();
  expect(await statusWith(body.access_token)).toBe(200);
  await page.getByLabel('Role', { exact: true }).selectOption('TEAM_MEMBER');
  // The message about the first change can still be visible when the second one is not stored yet.
  const saved = page.waitForResponse((response) =>
    Boolean(response.request().postData()?.includes('updateFederation')),
  );
  await page.getByRole('button', { name: 'Save' }).click();
  await saved;
  expect(await statusWith(body.access_token)).toBe(401);
  await page.getByRole('status').getByText('Federation saved').waitFor();

  await open(`/workspaces/${workspaceId}/federations`);
  const row = page.getByRole('table', { name: 'Federations' }).getByRole('row', { name: 'Deploy' });
  await row.getByText('repository: octo-org/octo-repo').waitFor();
  await row.getByText('Team Member').waitFor();
  expect(await row.getByText('Never').count()).toBe(0);
  await row.getByRole('button', { name: 'Delete Deploy' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No federations yet').waitFor();
  expect((await exchange(audience)).status).toBe(400);
});

test('what was typed survives another template, a refusal, a declined confirmation and a reload', async () => {
  const { page, open } = await web.visit(ada);
  await open(`/workspaces/${workspaceId}/federations/new`);
  await fillIn(page);
  await page.getByLabel('GitLab CI').check();
  expect(await claim(page, 'repository').inputValue()).toBe(CLAIMS.repository);
  expect(await page.getByLabel('Each JWT works once').isChecked()).toBe(false);
  await page.getByLabel('GitHub Actions').check();
  expect(await page.getByRole('group', { name: /^Claim / }).count()).toBe(3);

  await claim(page, 'repository').fill('octo*');
  await page.getByRole('button', { name: 'Create federation' }).click();
  await page.getByRole('group', { name: 'Claim repository', exact: true }).getByRole('alert').waitFor();
  await claim(page, 'repository').fill('octo-org/*');
  web.wire.postern.advance(SIGN_IN_LIFETIME);
  await page.getByRole('button', { name: 'Create federation' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.reload();
  await page.getByText('What you entered before is back.').waitFor();
  expect(await claim(page, 'repository').inputValue()).toBe('octo-org/*');
  await page.getByRole('button', { name: 'Create federation' }).click();
  await confirm(page);
  await page.getByRole('heading', { name: 'Deploy website' }).waitFor();
});

test('only Administrators see federations', async () => {
  const { postern } = web.wire;
  const vera = await postern.person('Vera');
  const other = await postern.workspace('Managed', [[vera, 'WORKSPACE_MANAGER']]);
  const { page, open } = await web.visit(vera);
  await open(`/workspaces/${other}/members`);
  expect(await page.getByRole('link', { name: 'Federations' }).count()).toBe(0);
  await open(`/workspaces/${other}/federations/new`);
  await page.getByText('Requires the Administrator role.').waitFor();
});

test('a scope that the form does not offer stays until it is removed', async () => {
  const { postern } = web.wire;
  const inWorkspace = { workspaceId, by: ada.session };
  for (let count = 1; count <= 101; count += 1) {
    await createChannel(postern, { ...inWorkspace, name: `channel ${count}` });
  }
  const post = async (query: string, variables: object = {}) => {
    const { data, errors } = await postern.post(query, variables, ada.session);
    expect(errors).toEqual([]);
    return data;
  };
  const ids = '{ first: channels(first: 100) { nodes { id } } last: channels(last: 1) { nodes { id } } }';
  const { first, last } = await post(ids);
  const unlisted = last.nodes[0].id;
  const type = { workspaceId, name: 'invoice', operations: [{ name: 'READ' }] };
  await post(
    'mutation ($input: RegisterEntityTypeInput!) { registerEntityType(input: $input) { __typename } }',
    {
      input: type,
    },
  );
  const scopes = [
    { entityType: 'channel', entityId: first.nodes[0].id, operations: ['READ'] },
    { entityType: 'channel', entityId: unlisted, operations: ['PUBLISH'] },
    { entityType: 'invoice', workspaceId, operations: ['READ'] },
  ];
  const claims = [{ name: 'sub', value: 'system:serviceaccount:shop:report' }];
  const [name, issuerUrl] = ['Scoped', 'https://kubernetes.default.svc'];
  const input = { workspaceId, name, issuer: issuerUrl, claims, role: 'TEAM_MEMBER', scopes };
  const create =
    'mutation ($input: CreateFederationInput!) { createFederation(input: $input) { federation { id } } }';
  const { createFederation } = await post(create, { input });
  const unregister = `mutation { unregisterEntityType(input: { workspaceId: "${workspaceId}", name: "invoice" }) { __typename } }`;
  await post(unregister);
  const { id } = createFederation.federation;

  const { page, open } = await web.visit(ada);
  await open(`/workspaces/${workspaceId}/federations/${id}`);
  const others = page.getByRole('list', { name: 'Other scopes' });
  await expect
    .poll(() => others.getByRole('listitem').allTextContents())
    .toEqual([`publish to the channel ${unlisted}`, 'read all invoices in Federated']);
  const scope = page.getByRole('group', { name: 'Scope 1' });
  await scope.getByText('Only the first 100 are listed.').waitFor();
  await scope.getByLabel('list', { exact: true }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await others.getByRole('alert').waitFor();
  await others.getByRole('button', { name: 'Remove the scope to read all invoices' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Federation saved').waitFor();
  const stored = `{ workspace(id: "${workspaceId}") { federations { id scopes { entityId operations } } } }`;
  const { workspace } = await post(stored);
  expect(workspace.federations.find((each: { id: string }) => each.id === id).scopes).toEqual([
    { entityId: first.nodes[0].id, operations: ['READ', 'LIST'] },
    { entityId: unlisted, operations: ['PUBLISH'] },
  ]);
});
