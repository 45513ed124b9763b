import { join } from 'node:path';
import axe from 'axe-core';
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

/** How long a step towards a state can take. */
const STATE_MS = 10_000;

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

/** Returns what axe finds on a page in its present colours. */
async function findViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: typeof axe }).axe;
    const { violations } = await run({ resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}

async function settle(page: Page): Promise<void> {
  if (new URL(page.url()).pathname === '/graphql') return;
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

/**
 * Takes a picture of a page in each colour scheme, and prints what axe finds and what is wrong with its layout. A picture of the whole page resizes
 * it, which closes menus.
 */
async function take(page: Page, file: string, fullPage: boolean): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${file}-${colorScheme}.png`, fullPage });
    for (const fault of await findViolations(page)) console.log(`${file}-${colorScheme}: ${fault}`);
  }
  for (const fault of await findFaults(page)) console.log(`${file}: ${fault}`);
}

/** Takes a picture of a page after some steps. Prints what fails, so that the other pictures are still taken. */
async function takeState(page: Page, { path, name, reach }: State, file: string): Promise<void> {
  try {
    await page.goto(path);
    await settle(page);
    await reach(page);
    await take(page, file, false);
  } catch (error) {
    console.log(`${name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    await page.close();
  }
}

/** Takes a picture of every path and state in each width and colour scheme, and prints what is wrong with their layout. */
export async function review(
  browser: Browser,
  open: OpenPage,
  { folder, paths, publicPaths, states }: Subjects,
): Promise<void> {
  for (const { width, locale } of SIZES) {
    const options = { locale, viewport: { width, height: 800 }, reducedMotion: 'reduce' } as const;
    const fileOf = (name: string) => join(folder, `${name}-${width}`);
    for (const signedIn of [true, false]) {
      const page = await open(browser, options, signedIn);
      for (const [index, path] of (signedIn ? paths : publicPaths).entries()) {
        await page.goto(path);
        await settle(page);
        await take(page, fileOf(`${String(index).padStart(2, '0')}-${nameOf(path)}`), true);
      }
      for (const state of signedIn ? states : []) {
        const fresh = await page.context().newPage();
        fresh.setDefaultTimeout(STATE_MS);
        await takeState(fresh, state, fileOf(state.name));
      }
      await page.context().close();
    }
  }
}
