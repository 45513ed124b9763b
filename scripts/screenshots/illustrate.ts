import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { OpenPage } from './review.ts';

const FOLDER = 'docs/images';
const VIEWPORT = { width: 1200, height: 760 };
const SETTINGS = { viewport: VIEWPORT, locale: 'en-US', timezoneId: 'Europe/Berlin' } as const;

async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
}

/** Takes the pictures of README and docs. */
export async function illustrate(browser: Browser, open: OpenPage, tokenId: string): Promise<void> {
  const light = await open(browser, { ...SETTINGS, colorScheme: 'light' });
  const save = (page: Page, name: string, fullPage = false) =>
    page.screenshot({ path: join(FOLDER, name), fullPage });
  await visit(light, '/tokens');
  await save(light, 'console-tokens.png');
  const dark = await open(browser, { ...SETTINGS, colorScheme: 'dark' });
  await visit(dark, `/tokens/${tokenId}`);
  await save(dark, 'console-token.png');
  await visit(light, `/tokens/${tokenId}`);
  await light.locator('.abilities-and-samples').screenshot({ path: join(FOLDER, 'console-token-use.png') });
  await visit(light, '/tokens/new');
  await light.getByLabel('Name').fill('CI deploy');
  await light.getByRole('button', { name: 'Publish from CI' }).click();
  await save(light, 'console-new-token.png', true);
  await light.getByRole('button', { name: 'Create token' }).click();
  await light.getByRole('heading', { name: 'CI deploy' }).waitFor();
  await light.waitForLoadState('networkidle');
  await save(light, 'console-new-secret.png');
}
