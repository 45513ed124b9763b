import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ConsoleTest, startConsole } from './support/console.ts';

let web: ConsoleTest;
let channelId: string;

async function createChannel(name: string): Promise<string> {
  const { postern } = web.wire;
  const { data } = await postern.post(
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }',
    { input: { workspaceId: postern.workspaceId, name } },
    postern.owner.session,
  );
  return data.createChannel.channel.id;
}

beforeAll(async () => {
  web = await startConsole();
  channelId = await createChannel('news');
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('a user creates a channel and publishes a message, which appears', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open(`/workspaces/${web.wire.postern.workspaceId}/channels`);
  await page.getByRole('button', { name: 'New channel' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('harbour');
  await page.getByRole('dialog').getByRole('button', { name: 'Create channel' }).click();
  await page.getByRole('heading', { name: 'harbour' }).waitFor();
  await page.getByLabel('Message', { exact: true }).fill('{"ship": "Beagle"}');
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('list', { name: 'Messages' }).getByText('"ship": "Beagle"').waitFor();
});

test('messages of others appear live, each once', async () => {
  const { postern } = web.wire;
  const { page, open } = await web.visit(postern.owner);
  await open(`/channels/${channelId}`);
  await page.getByText('Live', { exact: true }).waitFor();
  const publish =
    'mutation ($input: PublishMessageInput!) { publishMessage(input: $input) { message { id } } }';
  await postern.post(publish, { input: { channelId, payload: 'first' } }, postern.owner.session);
  await postern.post(publish, { input: { channelId, payload: 'second' } }, postern.owner.session);
  const messages = page.getByRole('list', { name: 'Messages' }).getByRole('listitem');
  await messages.getByText('second', { exact: true }).waitFor();
  await page.getByLabel('Message', { exact: true }).fill('third');
  await page.getByRole('button', { name: 'Publish' }).click();
  await messages.getByText('third', { exact: true }).waitFor();
  expect(await page.locator('.messages pre').allTextContents()).toEqual(['first', 'second', 'third']);
});

test('a guest finds a shared channel and can do only what the share allows', async () => {
  const { postern } = web.wire;
  const outsider = await postern.person('Olga');
  const { page, open } = await web.visit(postern.owner);
  await open(`/channels/${channelId}`);
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email').fill(outsider.email);
  await dialog.getByLabel('list', { exact: true }).check();
  await dialog.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('row', { name: /Olga.*read, list, subscribe/ }).waitFor();

  const theirs = await web.visit(outsider);
  await theirs.open('/workspaces');
  await theirs.page.getByRole('link', { name: 'news' }).click();
  await theirs.page.getByText('Live', { exact: true }).waitFor();
  expect(await theirs.page.getByLabel('Message', { exact: true }).isDisabled()).toBe(true);
  expect(await theirs.page.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);

  await page.getByRole('button', { name: 'Unshare' }).click();
  await page.getByText('Not shared').waitFor();
  await theirs.page.getByText('You no longer have access to this channel').waitFor();
});

test('a value that the server rejects is marked at its field', async () => {
  const { page, open } = await web.visit(web.wire.postern.owner);
  await open(`/channels/${channelId}`);
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog');
  const email = dialog.getByLabel('Email');
  await email.fill('stranger@example.com');
  await dialog.getByRole('button', { name: 'Share' }).click();
  await dialog.getByRole('alert').waitFor();
  expect(await email.getAttribute('aria-invalid')).toBe('true');
  const ids = (await email.getAttribute('aria-describedby'))?.split(' ') ?? [];
  expect(ids).toContain(await dialog.getByRole('alert').getAttribute('id'));
});
