import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadOrder, LoadResult } from './load.ts';
import { seedDatabase } from './seed.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } },
});
const ROUNDS = options.quick ? 3 : 5;
const MILLISECONDS = options.quick ? 1000 : 3000;
const TOKENS = options.quick ? 20_000 : 100_000;
const CONNECTIONS = 32;

interface Sample {
  /** Microseconds of the server's CPU time a request. */
  readonly cpu: number;
  readonly rate: number;
  readonly p99: number;
}

interface Measured {
  readonly name: string;
  readonly server: 'constant' | 'yoga' | 'postern';
  readonly requests: readonly string[];
  readonly samples: Sample[];
}

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

function start(script: string, core: number, env: Record<string, string> = {}): ChildProcess {
  const child = fork(join(import.meta.dirname, script), {
    env: { ...process.env, ...env, NODE_ENV: 'production' },
    execArgv: ['--import', 'tsx'],
  });
  if (canPin) spawnSync('taskset', ['-a', '-cp', String(core), String(child.pid)]);
  return child;
}

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}

async function ask<T>(child: ChildProcess, message: string | LoadOrder): Promise<T> {
  const answer = told<T>(child);
  child.send(message);
  return answer;
}

function post(query: string, secret?: string): string {
  const body = JSON.stringify({ query });
  const credential = secret ? `Authorization: Bearer ${secret}\r\n` : '';
  return `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${credential}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function get(path: string, secret?: string): string {
  const credential = secret ? `Authorization: Bearer ${secret}\r\n` : '';
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${credential}\r\n`;
}

const VIEWER = '{ viewer { kind token { id name } } }';
const LIST =
  '{ tokens(first: 20) { nodes { id name identifier maskedSecret access status createdAt expiresAt lastUsedAt role } } }';

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const url = `file:${join(folder, 'postern.db')}`;
const { secrets } = await seedDatabase(url, TOKENS);

const measured: Measured[] = [
  { name: 'node:http, constant POST', server: 'constant', requests: [post(VIEWER)], samples: [] },
  { name: 'node:http, constant 204', server: 'constant', requests: [get('/')], samples: [] },
  {
    name: 'stock Yoga, one field, nobody to authenticate',
    server: 'yoga',
    requests: [post('{ viewer { id } }')],
    samples: [],
  },
  { name: 'Postern, viewer', server: 'postern', requests: secrets.map((s) => post(VIEWER, s)), samples: [] },
  {
    name: 'Postern, tokens(first: 20), ten fields',
    server: 'postern',
    requests: secrets.map((s) => post(LIST, s)),
    samples: [],
  },
  {
    name: 'Postern, /verify',
    server: 'postern',
    requests: secrets.map((s) => get('/verify?operation=READ&entityType=workspace', s)),
    samples: [],
  },
];

const servers = {
  constant: start('servers/constant.ts', 0),
  yoga: start('servers/yoga.ts', 0),
  postern: start('servers/postern.ts', 0, { DATABASE_URL: url }),
};
const ports = new Map<string, number>();
for (const [name, child] of Object.entries(servers))
  ports.set(name, (await told<{ port: number }>(child)).port);
const load = start('load.ts', 1);
await told(load);

async function sample({ server, requests, name }: Measured): Promise<Sample> {
  const child = servers[server];
  const before = await ask<{ cpu: number }>(child, 'cpu');
  const order = {
    port: ports.get(server) as number,
    connections: CONNECTIONS,
    milliseconds: MILLISECONDS,
    requests,
  };
  const result = await ask<LoadResult>(load, order);
  const after = await ask<{ cpu: number }>(child, 'cpu');
  if (result.odd > 0 || result.firstStatus >= 300) throw new Error(`${name}: ${JSON.stringify(result)}`);
  return {
    cpu: (after.cpu - before.cpu) / result.answered,
    rate: result.answered / result.seconds,
    p99: result.p99,
  };
}

// The first round warms up and does not count; the others take turns, so that a drift of the machine hits all alike.
for (let round = 0; round <= ROUNDS; round++) {
  for (const one of measured) {
    const taken = await sample(one);
    if (round > 0) one.samples.push(taken);
  }
}

const rows = measured.map(({ name, samples }) => ({
  name,
  cpu: median(samples.map((s) => s.cpu)),
  rate: median(samples.map((s) => s.rate)),
  p99: median(samples.map((s) => s.p99)),
}));
const [constantPost, constantGet, yoga, viewer, list, verify] = rows as [Row, Row, Row, Row, Row, Row];
type Row = (typeof rows)[number];
const ratios = [
  ['viewer against stock Yoga', yoga.cpu / viewer.cpu, 5],
  ['viewer against constant POST', constantPost.cpu / viewer.cpu, 0.45],
  ['tokens(first: 20) against stock Yoga', yoga.cpu / list.cpu, 1.3],
  ['/verify against constant 204', constantGet.cpu / verify.cpu, 0.75],
] as const;

const report = [
  `${cpus()[0]?.model.trim()}, Node ${process.version}, ${TOKENS.toLocaleString('en')} tokens, ${CONNECTIONS} connections, median of ${ROUNDS}${canPin ? ', server and load on a core each' : ''}`,
  '',
  '| | µs of CPU a request | requests a second | p99 ms |',
  '| --- | --- | --- | --- |',
  ...rows.map((r) => `| ${r.name} | ${r.cpu.toFixed(1)} | ${Math.round(r.rate)} | ${r.p99.toFixed(1)} |`),
  '',
  '| ratio of CPU time (higher is better) | reached | target |',
  '| --- | --- | --- |',
  ...ratios.map(([name, value, target]) => `| ${name} | ${value.toFixed(2)} | ${target} |`),
].join('\n');
console.log(report);
if (options.out) writeFileSync(options.out, JSON.stringify({ rows, ratios }, null, 2));

for (const child of [...Object.values(servers), load]) child.disconnect();
rmSync(folder, { recursive: true, force: true });
