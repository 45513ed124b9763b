import { connect, type Socket } from 'node:net';

/** What a run of load is made of; it comes over IPC, and the result goes back the same way. */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** Whole HTTP requests as text; each connection walks through them from a place of its own. */
  readonly requests: readonly string[];
}

export interface LoadResult {
  readonly answered: number;
  /** Answers with another status than the first one had. */
  readonly odd: number;
  readonly firstStatus: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** The whole length of the first answer in a buffer; 0 while it is incomplete. */
function answerLength(buffer: Buffer): number {
  const end = buffer.indexOf(HEAD_END);
  if (end < 0) return 0;
  const head = buffer.toString('latin1', 0, end).toLowerCase();
  const at = head.indexOf('content-length:');
  const body = at < 0 ? 0 : Number.parseInt(head.slice(at + 15), 10);
  const total = end + HEAD_END.length + body;
  return buffer.length >= total ? total : 0;
}

async function run({ port, connections, milliseconds, requests }: LoadOrder): Promise<LoadResult> {
  const texts = requests.map((text) => Buffer.from(text));
  const latencies: number[] = [];
  let firstStatus = 0;
  let odd = 0;
  const started = performance.now();
  const ends = started + milliseconds;

  const drive = (socket: Socket, offset: number) =>
    new Promise<void>((resolve, reject) => {
      let turn = offset;
      let sent = 0;
      let pending: Buffer = Buffer.alloc(0);
      const send = () => {
        sent = performance.now();
        socket.write(texts[turn++ % texts.length] as Buffer);
      };
      socket.on('data', (chunk: Buffer) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        const length = answerLength(pending);
        if (length === 0) return;
        const status = Number(pending.toString('latin1', 9, 12));
        firstStatus ||= status;
        if (status !== firstStatus) odd++;
        pending = pending.subarray(length);
        const now = performance.now();
        latencies.push(now - sent);
        if (now < ends) return send();
        socket.end();
        resolve();
      });
      socket.on('error', reject);
      send();
    });

  const sockets = await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket));
          socket.setNoDelay(true);
          socket.once('error', reject);
        }),
    ),
  );
  await Promise.all(sockets.map((socket, index) => drive(socket, index * 61)));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { answered: latencies.length, odd, firstStatus, seconds, p50: at(0.5), p99: at(0.99) };
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');
