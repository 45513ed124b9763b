import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { State } from './states.ts';

/** Opens a page in a new context, with or without a session. */
export type OpenPage = (
  browser: Browser,
  options: BrowserContextOptions,
  signedIn?: boolean,
) => Promise<Page>;

/** The widths, each with the language of the browser. */
const SIZES = [
  { width: 1280, locale: 'en-US' },
  { width: 390, locale: 'de-DE' },
  { width: 320, locale: 'ja-JP' },
] as const;

/** Returns what is wrong with the layout of a page: sideways scrolling, and text that is cut off. */
function findFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`scrolls sideways: ${scrollWidth} of ${clientWidth}`);
    for (const element of document.querySelectorAll<HTMLElement>('main *, header *')) {
      const { overflowX, display, textOverflow } = getComputedStyle(element);
      // Fields scroll, hidden texts are for screen readers, and an ellipsis is meant.
      if (element.matches('input, select, textarea, .visually-hidden') || textOverflow === 'ellipsis')
        continue;
      const cut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1;
      if (cut && display !== 'inline' && overflowX !== 'visible')
        faults.push(
          `cuts off: <${element.localName} class="${element.className}"> ${element.innerText.slice(0, 40)}`,
        );
    }
    return faults;
  });
}

async function settle(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  // A channel keeps a stream open, so the network never becomes idle there.
  if (!page.url().includes('/channels/')) await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => !document.querySelector('.loading'));
}

/** Returns the name of a page's picture: its path without ids. */
function nameOf(path: string): string {
  return path
    .replace(/_[0-9a-f]{32}/g, '')
    .replace(/[^a-z-]+/gi, '-')
    .replace(/^-|-$/g, '');
}

interface Subjects {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly publicPaths: readonly string[];
  readonly states: readonly State[];
}

/** Takes a picture of a page, and prints what is wrong with its layout. A picture of the whole page resizes it, which closes menus. */
async function take(page: Page, file: string, fullPage: boolean): Promise<void> {
  await page.screenshot({ path: file, fullPage });
  for (const fault of await findFaults(page)) console.log(`${file}: ${fault}`);
}

/** Takes a picture of every path and state in each width and colour scheme, and prints what is wrong with their layout. */
export async function review(
  browser: Browser,
  open: OpenPage,
  { folder, paths, publicPaths, states }: Subjects,
): Promise<void> {
  for (const { width, locale } of SIZES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const options = { colorScheme, locale, viewport: { width, height: 800 } };
      const fileOf = (name: string) => join(folder, `${name}-${width}-${colorScheme}.png`);
      for (const signedIn of [true, false]) {
        const page = await open(browser, options, signedIn);
        for (const path of signedIn ? paths : publicPaths) {
          await page.goto(path);
          await settle(page);
          await take(page, fileOf(nameOf(path)), true);
        }
        for (const state of signedIn ? states : []) {
          const fresh = await page.context().newPage();
          await fresh.goto(state.path);
          await settle(fresh);
          await state.reach(fresh);
          await take(fresh, fileOf(state.name), false);
          await fresh.close();
        }
        await page.context().close();
      }
    }
  }
}
