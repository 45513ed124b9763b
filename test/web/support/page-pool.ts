import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const ACTION_TIMEOUT_MS = 30_000;
const VIEWPORT = { width: 1280, height: 720 };

/**
 * Pages of browser contexts of their own, which the tests of a file take in turn. A new page costs a new process, in which
 * Chromium compiles the console again: four times the work of a test.
 */
export interface PagePool {
  /** Returns an empty page of a context with these options, without cookies and storage. */
  take(options: BrowserContextOptions): Promise<Page>;
  /** Takes back a page and discards everything that a test left in it. */
  release(page: Page): Promise<void>;
  /** Closes the pages that were released. */
  close(): Promise<void>;
}

async function open(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT, ...options });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  return context.newPage();
}

/** Leaves a page as it was when it was opened. Rejects if it cannot, for example because the page shows a network error. */
async function reset(page: Page): Promise<void> {
  const context = page.context();
  await page.unrouteAll();
  page.removeAllListeners();
  await page.setViewportSize(VIEWPORT);
  await page.emulateMedia({ colorScheme: null });
  await page.evaluate(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
  await page.goto('about:blank');
  await context.clearCookies();
  await context.clearPermissions();
}

/** Creates an empty pool. */
export function createPagePool(browser: Browser): PagePool {
  const idle = new Map<string, Page[]>();
  const keys = new Map<Page, string>();
  return {
    async take(options) {
      const key = JSON.stringify(options);
      const page = idle.get(key)?.pop() ?? (await open(browser, options));
      keys.set(page, key);
      return page;
    },
    async release(page) {
      const key = keys.get(page) ?? '';
      const isClean = await reset(page).then(
        () => page.context().pages().length === 1,
        () => false,
      );
      if (isClean) idle.set(key, [...(idle.get(key) ?? []), page]);
      else await page.context().close();
    },
    async close() {
      for (const page of [...idle.values()].flat()) await page.context().close();
    },
  };
}
