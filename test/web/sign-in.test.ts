import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sample } from '../support/test-length.ts';
import { type ConsoleTest, signIn, startConsole } from './support/console.ts';

let web: ConsoleTest;

beforeAll(async () => {
  web = await startConsole();
});
afterEach(() => web.expectNoComplaints());
afterAll(() => web.stop());

test('a user signs in and sees their tokens', async () => {
  const { page, open } = await web.visit();
  await open('/');
  await signIn(page, web.wire.postern.owner);
  expect(new URL(page.url()).pathname).toBe('/tokens');
  expect(await page.title()).toBe('Access tokens · Postern');
});

test('a wrong password is reported, and the password field is cleared', async () => {
  const { page, open } = await web.visit();
  await open('/sign-in');
  await page.getByLabel('Email').fill('owner@example.com');
  await page.getByLabel('Password').fill('something else entirely');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('The email or password is incorrect.').waitFor();
  expect(await page.getByLabel('Password').inputValue()).toBe('');
});

test('a user without a session signs in and returns to the requested page', async () => {
  const { page, open } = await web.visit();
  await open('/workspaces');
  await page.getByText('Sign in to continue.').waitFor();
  expect(new URL(page.url()).search).toBe('?next=%2Fworkspaces');
  await signIn(page, web.wire.postern.owner);
  expect(new URL(page.url()).pathname).toBe('/workspaces');
});

test('a user whose session ends signs in again on the current page', async () => {
  const { page, open } = await web.visit();
  await open('/account');
  await signIn(page, web.wire.postern.owner);
  await page.getByRole('table', { name: 'Sessions' }).waitFor();
  await page.getByRole('table', { name: 'Audit log' }).waitFor();
  await web.wire.postern.post(
    'mutation { revokeOtherSessions { revokedCount } }',
    {},
    web.wire.postern.owner.session,
  );
  await page.getByRole('link', { name: 'Workspaces' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your session ended' });
  await dialog.getByLabel('Password').fill(web.wire.postern.owner.password);
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('table', { name: 'Workspaces' }).waitFor();
  await dialog.waitFor({ state: 'detached' });
  expect(new URL(page.url()).pathname).toBe('/workspaces');
});

test('sign-in redirects only within the console', async () => {
  for (const next of sample(['/\\evil.example/', '//evil.example/', 'https://evil.example/'], 3)) {
    const { page, open } = await web.visit();
    await open(`/sign-in?${new URLSearchParams({ next })}`);
    await signIn(page, web.wire.postern.owner);
    expect(page.url()).toBe(`${web.wire.origin}/tokens`);
  }
});

test('signing out ends the session and discards what was shown', async () => {
  const { page, open } = await web.visit();
  await open('/sign-in');
  await signIn(page, web.wire.postern.owner);
  await page.getByRole('button', { name: 'Account of Owner' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto('/tokens');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await page.context().cookies()).toEqual([]);
});

test('the avatar menu opens the tokens and the account, also by keyboard', async () => {
  const { page } = await web.visit(web.wire.postern.owner, { path: '/tokens' });
  await page.getByRole('button', { name: 'Account of Owner' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Access tokens' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Account' }).waitFor();
  await page.getByRole('button', { name: 'Account of Owner' }).click();
  await page.getByRole('menuitem', { name: 'Access tokens' }).click();
  await page.getByRole('heading', { name: 'Access tokens' }).waitFor();
});

test('the password changes, and other sessions can be ended', async () => {
  const { wire } = web;
  const person = await wire.postern.person('Petra');
  const other = await web.visit(person);
  const { page, open } = await web.visit();
  await open('/account');
  await signIn(page, person);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await page.getByText('1 session ended').waitFor();
  await page.getByLabel('Current password').fill(person.password);
  await page.getByLabel('New password', { exact: true }).fill('a new and longer password');
  await page.getByLabel('Confirm new password').fill('a new and longer password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Password changed. Your other').waitFor();
  await page.getByText('User password changed').last().waitFor();
  await other.page.goto('/tokens');
  await signIn(other.page, { ...person, password: 'a new and longer password' });
});

async function invite(email: string): Promise<string> {
  const { postern } = web.wire;
  const { data } = await postern.post(
    'mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitationSecret } }',
    { input: { workspaceId: postern.workspaceId, email, role: 'VIEWER' } },
    postern.owner.session,
  );
  return data.inviteMember.invitationSecret;
}

test('an invited user who is signed in joins with only the pasted invitation', async () => {
  const person = await web.wire.postern.person('Paul');
  const secret = await invite(person.email);
  const { page, open } = await web.visit(person);
  await open('/invitation');
  await page.getByText(`You are signed in as ${person.email}.`).waitFor();
  expect(await page.getByLabel('I am new').count()).toBe(0);
  await page.getByLabel('Invitation').fill(secret);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('You are Viewer').waitFor();
});

test('an invited person without an account joins with the pasted invitation', async () => {
  const secret = await invite('nina@example.com');
  const { page, open } = await web.visit();
  await open('/invitation');
  await page.getByLabel('Invitation').fill(secret);
  await page.getByLabel('I am new').check();
  await page.getByLabel('Name').fill('Nina');
  await page.getByLabel('Password').fill(web.wire.postern.owner.password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await page.getByText('You are Viewer').waitFor();
  expect(page.url()).not.toContain(secret);
});

test('the link of an invitation lets a person with an account sign in and join', async () => {
  const person = await web.wire.postern.person('Lena');
  const secret = await invite(person.email);
  const { page, open } = await web.visit();
  await open(`/invitation#${secret}`);
  expect(await page.getByLabel('Invitation').count()).toBe(0);
  expect(new URL(page.url()).hash).toBe('');
  await page.getByLabel('I have an account').check();
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in and join' }).click();
  await page.getByText('You are Viewer').waitFor();
});

test('the link of an invitation lets a new person join, and says when it was used', async () => {
  const secret = await invite('noor@example.com');
  const { page, open } = await web.visit();
  await open(`/invitation#${secret}`);
  await page.getByLabel('I am new').check();
  await page.getByLabel('Name').fill('Noor');
  await page.getByLabel('Password').fill(web.wire.postern.owner.password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await page.getByText('You are Viewer').waitFor();
  await open(`/invitation#${secret}`);
  await page.getByText('You are signed in as noor@example.com.').waitFor();
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('alert').getByText("This invitation isn't valid.").waitFor();
});

test('a user who forgot the password sets a new one with a link, which works once', async () => {
  const person = await web.wire.postern.person('Frida');
  const { secret } = await web.wire.postern.app.services.passwordResets.createLink(person.email, false);
  const { page, open } = await web.visit();
  await open('/sign-in');
  await page.getByText('Forgot your password? Ask the operator').waitFor();
  await open(`/reset-password#${secret}`);
  await page.waitForURL('**/reset-password');
  await page.getByLabel('New password', { exact: true }).fill('a new and longer password');
  await page.getByLabel('Confirm new password').fill('a new and longer passwort');
  expect(await page.getByRole('button', { name: 'Set password' }).isDisabled()).toBe(true);
  await page.getByLabel('Confirm new password').fill('a new and longer password');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/tokens');
  await open(`/reset-password#${secret}`);
  await page.getByLabel('New password', { exact: true }).fill('a new and longer password');
  await page.getByLabel('Confirm new password').fill('a new and longer password');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('alert').getByText("This link doesn't work.").waitFor();
  await open('/reset-password');
  await page.getByText('This link is incomplete.').waitFor();
});

test('a user with a generated password chooses another one before anything else', async () => {
  const { postern } = web.wire;
  const password = 'k7q2m9x4t8wzk3v5';
  const person = { email: 'gina@example.com', password };
  await postern.app.services.operator.createUser({ ...person, name: 'Gina', isGenerated: true });
  const { page, open } = await web.visit();
  await open('/sign-in');
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
  await page.goto('/workspaces');
  await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
  await page.getByLabel('Generated password').fill(password);
  await page.getByLabel('New password', { exact: true }).fill('password1234');
  await page.getByLabel('Confirm new password').fill('password1234');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').getByText('This must not be a common password.').waitFor();
  await page.getByLabel('New password', { exact: true }).fill('a new and longer password');
  await page.getByLabel('Confirm new password').fill('a new and longer password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/tokens');
});
