import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

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
      const { overflowX, display } = getComputedStyle(element);
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
  await page.getByRole('heading', { level: 1 }).waitFor();
  // A channel keeps a stream open, so the network never becomes idle there.
  if (!page.url().includes('/channels/')) await page.waitForLoadState('networkidle');
  await page.getByText(/^Loading /).waitFor({ state: 'detached' });
}

/** Takes a picture of every path in each width and colour scheme, and prints what is wrong with its layout. */
export async function review(
  browser: Browser,
  open: OpenPage,
  {
    folder,
    paths,
    publicPaths,
  }: { folder: string; paths: readonly string[]; publicPaths: readonly string[] },
): Promise<void> {
  for (const { width, locale } of SIZES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const signedIn of [true, false]) {
        const page = await open(browser, { colorScheme, locale, viewport: { width, height: 800 } }, signedIn);
        for (const path of signedIn ? paths : publicPaths) {
          await page.goto(path);
          await settle(page);
          const name = path.replace(/[^a-z-]+/gi, '-').replace(/^-|-$/g, '');
          await page.screenshot({
            path: join(folder, `${name}-${width}-${colorScheme}.png`),
            fullPage: true,
          });
          for (const fault of colorScheme === 'light' ? await findFaults(page) : [])
            console.log(`${path} at ${width}: ${fault}`);
        }
        await page.context().close();
      }
    }
  }
}
