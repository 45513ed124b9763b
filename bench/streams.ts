import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Usage } from './measured.ts';

// Measures the cost of many open streams for one server process, and the delay of a message and of the end of a right.

const STREAMS = Number(process.argv[2] ?? 1000);
const WARM_UP = 200;
const MESSAGES = 50;
const IDLE_MS = 5_000;
const OWNER = { email: 'owner@example.com', password: 'correct horse battery staple' };

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const server = fork(join(import.meta.dirname, `servers/postern${extname(import.meta.filename)}`), {
  env: {
    ...process.env,
    NODE_ENV: 'production',
    DATABASE_URL: `file:${join(folder, 'postern.db')}`,
    POSTERN_OWNER_EMAIL: OWNER.email,
    POSTERN_OWNER_PASSWORD: OWNER.password,
    POSTERN_STREAMS_PER_CREDENTIAL: String(Math.max(STREAMS, WARM_UP) + 1),
  },
});
const [{ port }] = (await once(server, 'message')) as [{ port: number }];

async function graphql<T>(query: string, variables: object, secret?: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(secret && { Authorization: `Bearer ${secret}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  child.send('cpu');
  const [usage] = (await once(child, 'message')) as [Usage];
  return usage;
}

/** Opens streams one after the other; each has received its first comment. */
async function openStreams(count: number, channelId: string, secret: string): Promise<Socket[]> {
  const query = `subscription { channelMessages(channelId: "${channelId}") { id payload } }`;
  const body = JSON.stringify({ query });
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Accept: text/event-stream',
    'Content-Type: application/json',
    `Authorization: Bearer ${secret}`,
    `Content-Length: ${body.length}`,
  ];
  const sockets: Socket[] = [];
  for (let n = 0; n < count; n++) {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'data');
    sockets.push(socket);
  }
  return sockets;
}

/** Resolves, to the instant, when the server has sent a text on each of the connections. */
function heardByAll(sockets: readonly Socket[], text: string): Promise<number> {
  let left = sockets.length;
  return new Promise((resolve) => {
    for (const socket of sockets) {
      const hear = (chunk: Buffer) => {
        if (!chunk.includes(text)) return;
        socket.off('data', hear);
        if (--left === 0) resolve(performance.now());
      };
      socket.on('data', hear);
    }
  });
}

function summary(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(1);
  return `median ${at(0.5)} ms, worst ${at(1)} ms`;
}

const { signIn } = await graphql<{ signIn: { sessionToken: string } }>(
  'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }',
  { input: OWNER },
);
const session = signIn.sessionToken;
const { workspaces } = await graphql<{ workspaces: { nodes: [{ id: string }] } }>(
  '{ workspaces { nodes { id } } }',
  {},
  session,
);
const { createChannel, quiet, createToken } = await graphql<{
  createChannel: { channel: { id: string } };
  quiet: { channel: { id: string } };
  createToken: { secret: string; token: { id: string } };
}>(
  `mutation ($input: CreateChannelInput!, $quiet: CreateChannelInput!) {
    createChannel(input: $input) { channel { id } }
    quiet: createChannel(input: $quiet) { channel { id } }
    createToken(input: { name: "bench", access: FULL }) { secret token { id } }
  }`,
  {
    input: { workspaceId: workspaces.nodes[0].id, name: 'bench' },
    quiet: { workspaceId: workspaces.nodes[0].id, name: 'quiet' },
  },
  session,
);
const channelId = createChannel.channel.id;

async function publish(payload: unknown, to = channelId): Promise<void> {
  const query =
    'mutation ($input: PublishMessageInput!) { publishMessage(input: $input) { message { id } } }';
  await graphql(query, { input: { channelId: to, payload } }, session);
}

const early = await openStreams(WARM_UP, channelId, createToken.secret);
for (let n = 0; n < 20; n++) await Promise.all([heardByAll(early, 'channelMessages'), publish(n)]);
await Promise.all(early.map((socket) => once(socket.destroy(), 'close')));
await pause(1000);

const alone = await openStreams(1, quiet.channel.id, createToken.secret);

/** Measures the time from publishing to the only reader of a channel. */
async function toOnlyReader(): Promise<string> {
  const delays: number[] = [];
  for (let n = 0; n < MESSAGES; n++) {
    const started = performance.now();
    const [heard] = await Promise.all([heardByAll(alone, 'channelMessages'), publish(n, quiet.channel.id)]);
    delays.push(heard - started);
  }
  return summary(delays);
}

console.log(`from publish to the only reader of a channel: ${await toOnlyReader()}`);
const before = await usageOf(server);
const streams = await openStreams(STREAMS, channelId, createToken.secret);
const opened = await usageOf(server);
console.log(
  `${STREAMS} streams open: ${((opened.memory - before.memory) / 1e6).toFixed(0)} MB more, ${((opened.memory - before.memory) / STREAMS / 1e3).toFixed(1)} kB each (the process: ${(opened.memory / 1e6).toFixed(0)} MB)`,
);

await pause(IDLE_MS);
const idle = await usageOf(server);
console.log(`idle: ${((idle.cpu - opened.cpu) / IDLE_MS / 10).toFixed(2)} % of a core`);

console.log(`the same beside ${STREAMS} readers of another channel: ${await toOnlyReader()}`);
const beside = await usageOf(server);

const toLast: number[] = [];
for (let n = 0; n < MESSAGES; n++) {
  const started = performance.now();
  const [last] = await Promise.all([heardByAll(streams, 'channelMessages'), publish({ n })]);
  toLast.push(last - started);
}
const published = await usageOf(server);
const perDelivery = (published.cpu - beside.cpu) / MESSAGES / STREAMS;
console.log(
  `from publish to the last of ${STREAMS} readers: ${summary(toLast)}; ${perDelivery.toFixed(0)} µs of CPU a delivery`,
);
console.log(`after ${MESSAGES} messages to each: ${(published.memory / 1e6).toFixed(0)} MB`);

const ends = heardByAll(streams, 'event: complete');
const revoking = performance.now();
await graphql(
  'mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { token { id } } }',
  { input: { id: createToken.token.id } },
  session,
);
const acknowledged = performance.now();
console.log(
  `revoking their token: acknowledged after ${(acknowledged - revoking).toFixed(1)} ms, the last stream ended ${((await ends) - acknowledged).toFixed(0)} ms later`,
);

server.disconnect();
await once(server, 'exit');
rmSync(folder, { recursive: true });
