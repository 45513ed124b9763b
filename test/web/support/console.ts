import { existsSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Person, START } from '../../support/app.ts';
import { startWire, type TestWire } from '../../support/http.ts';
import { sharedChromium } from './chromium.ts';

const PATIENCE_MS = 30_000;

/** A page of the console in a browser of its own, and all that it must not do. */
export interface Visit {
  readonly page: Page;
  /** What went wrong on the page: errors in its console, refusals of its Content-Security-Policy, calls to other sites. */
  readonly complaints: string[];
  /** Goes to a path of the console. */
  open(path: string): Promise<void>;
}

/** The built console on a real server, visited by a real browser. */
export interface ConsoleTest {
  readonly wire: TestWire;
  /** Opens a browser as nobody, or with the session of a person, whose tokens it shows. */
  visit(person?: Person, options?: BrowserContextOptions): Promise<Visit>;
  /** Fails when a page that was visited complained. */
  expectNoComplaints(): void;
  stop(): Promise<void>;
}

function watch(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) complaints.push(`called ${request.url()}`);
  });
  return complaints;
}

async function open(browser: Browser, options: BrowserContextOptions & { baseURL: string }): Promise<Visit> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints = watch(page, options.baseURL);
  return {
    page,
    complaints,
    async open(path) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  };
}

/** Signs in at the page that asks for it. */
export async function signIn(page: Page, person: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/** Starts a server with the console, at the browser's own time, and a browser; `env` is what the configuration reads. */
export async function startConsole(env: Record<string, string> = {}): Promise<ConsoleTest> {
  if (!existsSync(new URL('../../../dist/console/index.html', import.meta.url))) {
    throw new Error('The console is tested as it is built: run "npm run build" first.');
  }
  const browser = await sharedChromium();
  const wire = await startWire(env);
  wire.postern.advance(Date.now() - START);
  const visits: Visit[] = [];
  return {
    wire,
    async visit(person, options = {}) {
      const baseURL = options.baseURL ?? wire.origin;
      const visit = await open(browser, { ...options, baseURL });
      visits.push(visit);
      if (person) {
        const cookie = { name: wire.postern.cookieName, value: person.session, url: baseURL };
        await visit.page.context().addCookies([{ ...cookie, httpOnly: true, sameSite: 'Strict' }]);
        await visit.open('/tokens');
      }
      return visit;
    },
    expectNoComplaints() {
      const complaints = visits.flatMap((visit) => visit.complaints);
      if (complaints.length > 0) throw new Error(`the console complained:\n${complaints.join('\n')}`);
    },
    async stop() {
      for (const { page } of visits) await page.context().close();
      await wire.stop();
    },
  };
}
