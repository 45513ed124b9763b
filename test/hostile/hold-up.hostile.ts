import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { buildServer, type KillableServer, startKillable } from '../durability/server-process.ts';
import { startTestApp } from '../support/app.ts';
import { writeTestDatabase } from '../support/database.ts';
import { seededRandom } from '../support/random.ts';
import { type Bystander, startBystander } from './bystander.ts';
import { createHostileDocuments, type HostileDocument } from './documents.ts';
import { type FullDatabase, fillDatabase } from './full-database.ts';

const SECONDS = Number(process.env.HOSTILE_SECONDS ?? 60);
const SEED = Number(process.env.HOSTILE_SEED ?? 1);
const HOLD_UP_MAX_MS = 50;
/** Longer hold-ups are measured again: a document causes them repeatedly, garbage collection and compilation do not. */
const SUSPICIOUS_MS = 20;
const ATTEMPTS = 4;

const SIZES = {
  workspaces: 1_000,
  channels: 10_000,
  people: 1_000,
  messages: 200,
  messageBytes: 64_000,
  auditEvents: 20_000,
  personalTokens: 90,
  workspaceTokens: 300,
};

const folder = mkdtempSync(join(tmpdir(), 'postern-hostile-'));
const file = join(folder, 'postern.db');
let full: FullDatabase;
let server: KillableServer;
let bystander: Bystander;

beforeAll(async () => {
  writeTestDatabase(file);
  const postern = await startTestApp({}, openSqliteDatabase(`file:${file}`), Date.now());
  full = await fillDatabase(postern, SIZES);
  await postern.close();
  const main = await buildServer(folder);
  server = await startKillable({ main, env: { DATABASE_URL: `file:${file}` } });
  bystander = startBystander(server, full.bystander);
});
afterAll(async () => {
  await bystander.stop();
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

interface HoldUp {
  readonly ms: number;
  readonly caller: string;
  readonly document: HostileDocument;
}

async function send(document: HostileDocument, secret: string | null): Promise<void> {
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
    body: JSON.stringify(document),
  });
  await response.arrayBuffer();
  expect([200, 400], document.query).toContain(response.status);
}

/** The time for which a document holds `/verify` up: the shortest of several attempts, if the first is long. */
async function measure(document: HostileDocument, secret: string | null): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && shortest > SUSPICIOUS_MS; attempt += 1) {
    await bystander.longest();
    await send(document, secret);
    shortest = Math.min(shortest, await bystander.longest());
  }
  return shortest;
}

test(`no document of any caller holds /verify up for more than ${HOLD_UP_MAX_MS} ms`, async () => {
  const next = createHostileDocuments(seededRandom(SEED), full.ids);
  const end = performance.now() + SECONDS * 1000;
  const holdUps: HoldUp[] = [];
  while (performance.now() < end) {
    const document = next();
    for (const [caller, secret] of Object.entries(full.callers)) {
      holdUps.push({ ms: await measure(document, secret), caller, document });
    }
  }
  holdUps.sort((a, b) => b.ms - a.ms);
  console.log(`seed ${SEED}: ${holdUps.length} documents, the longest hold-ups in ms:`);
  for (const { ms, caller, document } of holdUps.slice(0, 5)) {
    console.log(`${ms.toFixed(1)} ${caller}: ${JSON.stringify(document).slice(0, 1500)}`);
  }
  expect(holdUps.filter(({ ms }) => ms > HOLD_UP_MAX_MS)).toEqual([]);
});
