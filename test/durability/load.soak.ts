import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { type Client, createClient, signIn } from './client.ts';
import { buildServer, startKillable } from './server-process.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 10);
const SEED = Number(process.env.SOAK_SEED ?? 1);
const CALLERS = 16;
const TOKENS_A_CALLER = 20;
const SAMPLE_EVERY_MS = 5000;

const EMAIL = 'owner@example.com';
const PASSWORD = 'correct horse battery staple';
const MEBIBYTE = 1024 * 1024;

/** A measurement of the server. Mebibytes, milliseconds. */
interface Sample {
  readonly memory: number;
  readonly wal: number;
  readonly delayMedian: number;
  readonly delayP99: number;
}

interface Token {
  readonly id: string;
  readonly secret: string;
}

async function takeSample(port: number): Promise<Sample> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = (name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
  return {
    memory: value('process_resident_memory_bytes') / MEBIBYTE,
    wal: value('postern_database_bytes{part="wal"}') / MEBIBYTE,
    delayMedian: value('nodejs_eventloop_lag_p50_seconds') * 1000,
    delayP99: value('nodejs_eventloop_lag_p99_seconds') * 1000,
  };
}

async function create(client: Client): Promise<Token> {
  const { createToken: payload } = await client.post(
    'mutation { createToken(input: { name: "soak", access: FULL }) { secret token { id } } }',
  );
  return { id: payload.token.id, secret: payload.secret };
}

/** Regenerates or ends a token; its old secret must be refused immediately. */
async function change(client: Client, tokens: Token[], place: number, random: Random): Promise<void> {
  const { id, secret } = tokens[place] as Token;
  if (random.chance(0.5)) {
    const { regenerateToken: payload } = await client.post(
      `mutation { regenerateToken(input: { id: "${id}" }) { secret } }`,
    );
    tokens[place] = { id, secret: payload.secret };
  } else {
    await client.post(`mutation { deleteToken(input: { id: "${id}" }) { deletedTokenId } }`);
    tokens.splice(place, 1);
  }
  expect(await client.verify(secret)).toBe('401 INVALID_TOKEN');
}

/** One call: eight of ten verify, one lists, one changes. */
async function callOnce(client: Client, tokens: Token[], random: Random): Promise<void> {
  const place = random.below(TOKENS_A_CALLER);
  const token = tokens[place];
  if (!token) {
    tokens.push(await create(client));
    return;
  }
  const kind = random.below(10);
  if (kind === 0) await change(client, tokens, place, random);
  else if (kind === 1) await client.post('{ tokens(first: 20) { nodes { name status lastUsedAt } } }');
  else expect(await client.verify(token.secret)).toBe('204');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** The medians of the first and the last third of the samples, and the largest. */
function trend(samples: readonly Sample[], key: keyof Sample) {
  const values = samples.map((sample) => sample[key]);
  const third = Math.floor(values.length / 3);
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    early: round(median(values.slice(0, third))),
    late: round(median(values.slice(-third))),
    most: round(Math.max(...values)),
  };
}

test(`memory, event loop and write-ahead log stay bounded over ${MINUTES} minutes of mixed load`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-soak-'));
  const metricsPort = await freePort();
  const main = await buildServer(folder);
  const server = await startKillable({
    main,
    env: {
      DATABASE_URL: `file:${join(folder, 'postern.db')}`,
      POSTERN_OWNER_EMAIL: EMAIL,
      POSTERN_OWNER_PASSWORD: PASSWORD,
      POSTERN_TOKENS_PER_USER: '1000000',
      POSTERN_REFUSALS_PER_MINUTE: '0',
      POSTERN_METRICS_PORT: String(metricsPort),
    },
  });
  onTestFinished(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const client = createClient(server.origin, await signIn(server.origin, EMAIL, PASSWORD));
  const ends = performance.now() + MINUTES * 60_000;
  let calls = 0;

  const callers = Array.from({ length: CALLERS }, async (_, index) => {
    const random = seededRandom(SEED * CALLERS + index);
    const tokens: Token[] = [];
    for (; performance.now() < ends; calls++) await callOnce(client, tokens, random);
  });
  const samples: Sample[] = [];
  while (performance.now() < ends) {
    await Promise.race([pause(SAMPLE_EVERY_MS), Promise.all(callers)]);
    samples.push(await takeSample(metricsPort));
  }
  await Promise.all(callers);

  const memory = trend(samples, 'memory');
  const wal = trend(samples, 'wal');
  const delayMedian = trend(samples, 'delayMedian');
  const delayP99 = trend(samples, 'delayP99');
  console.log({ minutes: MINUTES, calls, samples: samples.length, memory, wal, delayMedian, delayP99 });
  expect(memory.late).toBeLessThan(1.25 * memory.early + 20);
  expect(wal.most).toBeLessThan(64);
  expect(delayMedian.late).toBeLessThan(250);
});
