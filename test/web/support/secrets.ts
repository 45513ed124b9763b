import type { Page } from 'playwright-core';

/** Reveals the secret in a banner. Returns it. */
export async function revealSecret(page: Page, title: string): Promise<string> {
  const banner = page.getByRole('region', { name: title });
  const reveal = banner.getByRole('button', { name: 'Reveal' });
  await banner.getByRole('button', { name: 'Copy', exact: true }).waitFor();
  if ((await reveal.count()) > 0) await reveal.click();
  return (await banner.locator('code').first().textContent()) ?? '';
}
