import { afterAll, beforeAll, expect, test } from 'vitest';
import { START } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { createProject, type Project } from '../support/example.ts';
import { startWire, type TestWire } from '../support/http.ts';
import { declared } from '../support/operations.ts';
import { createWorkspaceToken } from '../support/tokens.ts';
import { sharedChromium } from '../web/support/chromium.ts';

const DAY = 86_400_000;

let wire: TestWire;
let project: Project;
let service: Awaited<ReturnType<Project['run']>>;
let environment: Record<string, string>;
let origin: string;

async function start(): Promise<void> {
  service = await project.run('dist/main.js', environment);
  [origin = ''] = /http:\S+/.exec(service.printed) as RegExpExecArray;
}

beforeAll(async () => {
  wire = await startWire();
  // The service reads the clock of this machine.
  wire.postern.advance(Date.now() - START);
  const { workspaceId, owner } = wire.postern;
  const session = await wire.postern.signIn(owner.email);
  const type = { workspaceId, name: 'invoice', operations: declared('READ') };
  await mutate(wire.postern, 'registerEntityType', type, session, 'entityType { name }');
  const backend = await createWorkspaceToken(wire.postern, 'ADMINISTRATOR', { name: 'backend' }, session);
  project = createProject('customers');
  project.build();
  environment = {
    POSTERN_URL: wire.origin,
    POSTERN_TOKEN: backend.secret,
    WORKSPACE_ID: workspaceId,
    PORT: '0',
  };
  await start();
});
afterAll(async () => {
  await service.stop();
  project.remove();
  await wire.stop();
});

/** Signs a customer in at the product; returns a function that calls its settings page. */
async function signIn(customer: string) {
  const call = async (method: string, path: string, body?: object, cookie?: string | null) => {
    const response = await fetch(origin + path, {
      method,
      headers: {
        ...(cookie && { Cookie: cookie }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { response, status: response.status, data: text === '' ? null : JSON.parse(text) };
  };
  const { response } = await call('POST', '/session', { customer, password: `${customer} password` });
  const cookie = response.headers.get('Set-Cookie')?.split(';')[0];
  return (method: string, path: string, body?: object) => call(method, path, body, cookie);
}

/** Calls the API of the product with a key. */
async function readInvoice(customer: string, secret: string) {
  const response = await fetch(`${origin}/invoices/${customer}/17`, {
    headers: { Authorization: `Bearer ${secret}` },
  });
  return { status: response.status, body: (await response.json()) as { readBy?: string; code?: string } };
}

test('a customer creates a key, uses it, sees its use, and revokes it', async () => {
  const acme = await signIn('acme');
  const created = await acme('POST', '/keys', { name: 'Accounting' });
  expect([created.status, created.response.headers.get('Cache-Control')]).toEqual([201, 'no-store']);
  const { key, secret } = created.data;
  expect(await readInvoice('acme', secret)).toEqual({
    status: 200,
    body: { invoice: 'acme/17', total: 1200, readBy: 'acme' },
  });
  expect(await readInvoice('globex', secret)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  const { data } = await acme('GET', '/keys');
  expect(data.customer).toBe('acme');
  expect(data.keys[0]).toMatchObject({ id: key.id, name: 'Accounting', status: 'ACTIVE' });
  expect(data.keys[0].lastUsedAt).not.toBeNull();
  expect(JSON.stringify(data)).not.toContain(secret);
  expect((await acme('POST', `/keys/${key.id}/revoke`)).data.key.status).toBe('REVOKED');
  expect(await readInvoice('acme', secret)).toMatchObject({ status: 401, body: { code: 'TOKEN_REVOKED' } });
});

test('a customer neither sees nor changes the keys of another, nor the token of the backend', async () => {
  const acme = await signIn('acme');
  const globex = await signIn('globex');
  const { key, secret } = (await acme('POST', '/keys', { name: 'Private' })).data;
  expect((await globex('GET', '/keys')).data.keys).toEqual([]);
  const backend = await wire.postern.post('{ viewer { token { id } } }', {}, environment.POSTERN_TOKEN);
  for (const id of [key.id, backend.data.viewer.token.id, 'tok_unknown', '..%2F..']) {
    expect((await globex('POST', `/keys/${id}/revoke`)).status, id).toBe(404);
    expect((await globex('POST', `/keys/${id}/replace`)).status, id).toBe(409);
  }
  expect((await readInvoice('acme', secret)).status).toBe(200);
  expect(await signIn('acme').then((call) => call('POST', '/keys', { name: '' }))).toMatchObject({
    status: 400,
  });
});

test('without a sign-in, every route of the settings page is refused', async () => {
  const stranger = await signIn('unknown');
  for (const [method, path] of [
    ['GET', '/keys'],
    ['POST', '/keys/tok_1/replace'],
    ['POST', '/keys/tok_1/revoke'],
  ] as const) {
    expect((await stranger(method, path)).status, path).toBe(401);
  }
});

test('a replaced key works for a day beside the new one, and then ends, also after a restart', async () => {
  const globex = await signIn('globex');
  const old = (await globex('POST', '/keys', { name: 'Reports' })).data;
  const created = (await globex('POST', `/keys/${old.key.id}/replace`)).data;
  expect(created.key).toMatchObject({ name: 'Reports', metadata: { replaces: old.key.id } });
  for (const { secret } of [old, created]) expect((await readInvoice('globex', secret)).status).toBe(200);

  // The end has passed, as after a day in which the backend did not run.
  const { db } = wire.postern.database;
  const metadata = JSON.stringify({ replaces: old.key.id, replacedUntil: new Date(Date.now() - DAY) });
  await db.updateTable('tokens').set({ metadata }).where('metadata', 'is not', null).execute();
  await service.stop();
  await start();
  expect(await readInvoice('globex', old.secret)).toMatchObject({ body: { code: 'TOKEN_REVOKED' } });
  expect((await readInvoice('globex', created.secret)).status).toBe(200);
});

test('a customer has a bounded number of keys', async () => {
  const globex = await signIn('globex');
  const statuses = [];
  for (let count = 0; count < 11; count += 1) {
    statuses.push((await globex('POST', '/keys', { name: `Key ${count}` })).status);
  }
  expect(statuses.at(-1)).toBe(409);
  const { keys } = (await globex('GET', '/keys')).data;
  expect(keys.filter(({ status }: { status: string }) => status === 'ACTIVE')).toHaveLength(10);
  for (const { id } of keys) await globex('POST', `/keys/${id}/revoke`);
});

test('the page shows a new key once, and replaces and revokes keys', async () => {
  const browser = await sharedChromium();
  const page = await browser.newPage();
  await page.goto(origin);
  await page.getByLabel('Customer').fill('globex');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The customer or the password is wrong.').waitFor();
  await page.getByLabel('Password').fill('globex password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Name').fill('Warehouse');
  await page.getByRole('button', { name: 'Create key' }).click();
  const secret = await page.getByRole('status').locator('code').innerText();
  expect((await readInvoice('globex', secret)).status).toBe(200);
  await page.getByRole('button', { name: 'Done' }).click();
  expect(await page.content()).not.toContain(secret);
  await page.getByRole('button', { name: 'Replace Warehouse' }).click();
  await page.getByText('replaced, works until').waitFor();
  await page.getByRole('button', { name: 'Revoke Warehouse' }).first().click();
  await expect.poll(() => page.getByRole('button', { name: 'Revoke Warehouse' }).count()).toBe(1);
  await page.context().close();
});
