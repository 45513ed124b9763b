import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** The rules whose result depends on colours. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Returns what axe finds on the current page in its present colours, by these rules or by all. */
export async function violationsNow(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const options: axe.RunOptions = { resultTypes: ['violations'], ...(rules && { runOnly: [...rules] }) };
  return page.evaluate(async (options) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(options);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }, options);
}

/** Shows the page in a colour scheme. Resolves when its scripts that follow the scheme have followed it. */
export async function showIn(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  const change = await page.evaluateHandle((colorScheme) => {
    const scheme = matchMedia(`(prefers-color-scheme: ${colorScheme})`);
    const followed = scheme.matches || new Promise((resolve) => (scheme.onchange = resolve));
    return { followed };
  }, colorScheme);
  await page.emulateMedia({ colorScheme });
  await change.evaluate(({ followed }) => followed);
}

const SCHEMES = ['light', 'dark'] as const;

/** Returns what axe finds on the current page: by all rules in the light colour scheme, by those about colours in the dark one. */
export async function violations(
  page: Page,
  schemes: readonly ('light' | 'dark')[] = SCHEMES,
): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of schemes) {
    await showIn(page, colorScheme);
    const inScheme = await violationsNow(page, colorScheme === 'dark' ? COLOUR_RULES : undefined);
    found.push(...inScheme.map((text) => `${colorScheme} ${text}`));
  }
  return found;
}
