import { existsSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type Person, START } from '../../support/app.ts';
import { startWire, type TestWire } from '../../support/http.ts';
import { sharedChromium } from './chromium.ts';
import { createPagePool } from './page-pool.ts';

/** A page of the console in a browser context that no other visit uses meanwhile. */
export interface Visit {
  readonly page: Page;
  /** What went wrong on the page: console errors, violations of the Content-Security-Policy, requests to other sites. */
  readonly complaints: string[];
  /** Opens a path of the console and waits for its heading. */
  open(path: string): Promise<void>;
}

interface VisitOptions extends BrowserContextOptions {
  readonly path?: string;
}

/** The built console on a real server, opened in a real browser. */
export interface ConsoleTest {
  readonly wire: TestWire;
  /** Returns an empty page for the current test, with the session of `person` if given. With `path`, it opens that path. */
  visit(person?: Person, options?: VisitOptions): Promise<Visit>;
  /** Throws if something went wrong on a page that the test visited. */
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
    if (
      !request
        .url()
        .replace(/^blob:/, '')
        .startsWith(`${origin}/`)
    )
      complaints.push(`called ${request.url()}`);
  });
  return complaints;
}

/** Signs in on the sign-in page. */
export async function signIn(page: Page, person: Pick<Person, 'email' | 'password'>): Promise<void> {
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

/** Starts a browser and a server with the console. `env` is the server's environment; its clock starts at the browser's time. */
export async function startConsole(env: Record<string, string> = {}): Promise<ConsoleTest> {
  if (!existsSync(new URL('../../../dist/console/index.html', import.meta.url))) {
    throw new Error('The tests use the built console: run "npm run build" first.');
  }
  const [browser, wire] = await Promise.all([sharedChromium(), startWire(env)]);
  wire.postern.advance(Date.now() - START);
  const pool = createPagePool(browser);
  const visits = new Set<Visit>();
  return {
    wire,
    async visit(person, { path, baseURL = wire.origin, ...options } = {}) {
      const page = await pool.take({ ...options, baseURL });
      const visit: Visit = {
        page,
        complaints: watch(page, baseURL),
        async open(path) {
          await page.goto(path);
          await page.getByRole('heading', { level: 1 }).waitFor();
        },
      };
      visits.add(visit);
      onTestFinished(async () => {
        visits.delete(visit);
        await pool.release(page);
      });
      if (person) {
        const cookie = { name: wire.postern.cookieName, value: person.session, url: baseURL };
        await page.context().addCookies([{ ...cookie, httpOnly: true, sameSite: 'Strict' }]);
      }
      if (path) await visit.open(path);
      return visit;
    },
    expectNoComplaints() {
      const complaints = [...visits].flatMap((visit) => visit.complaints);
      if (complaints.length > 0) throw new Error(`something went wrong on a page:\n${complaints.join('\n')}`);
    },
    async stop() {
      await pool.close();
      await wire.stop();
    },
  };
}
