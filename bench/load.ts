import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { summarise } from './latency.ts';

// The load is a program of its own, so that it can have a core of its own. Each connection sends its next request after the
// response to the one before. It reads only as much of a response as it needs to find its end: the fastest server spends
// 15 µs on a request, and the load must not be slower.

/** The parameters of a run, which arrive over IPC. The result returns in the same way. */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** Whole HTTP requests as text; free connections send them in their order, repeatedly. */
  readonly requests: readonly string[];
}

export interface LoadResult {
  readonly answered: number;
  /** Responses that are no success, or that contain errors. */
  readonly odd: number;
  readonly seconds: number;
  /** Microseconds that the load itself worked. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const HEAD_END = '\r\n\r\n';
const NO_BYTES = Buffer.alloc(0);
const READ_AT_ONCE = 64 * 1024;
/** The index of the next request. It continues from one run to the next, so that created rows spread evenly. */
let turn = 0;

/** The whole length of the response at the start of a buffer; 0 while it is incomplete. */
function answerLength(buffer: Buffer): number {
  const end = buffer.indexOf(HEAD_END);
  if (end < 0) return 0;
  const head = buffer.toString('latin1', 0, end).toLowerCase();
  const at = head.indexOf('\r\ncontent-length:');
  if (at < 0 && !head.startsWith('204', 9)) throw new Error(`an answer without a length: ${head}`);
  const body = at < 0 ? 0 : Number.parseInt(head.slice(at + 17), 10);
  const total = end + HEAD_END.length + body;
  if (buffer.length > total) throw new Error('more was answered than asked');
  return buffer.length === total ? total : 0;
}

/** Whether a response is as expected: 2xx, without a GraphQL error. */
function isGood(answer: Buffer): boolean {
  return answer[9] === 0x32 && !answer.includes('"errors"');
}

/** Reads one response after the other from a connection; returns whether each is good. */
function createReader(onAnswer: (good: boolean) => void): (chunk: Buffer) => void {
  let held = NO_BYTES;
  let usual = 0;
  return (chunk) => {
    // Most responses have the length of the one before and arrive in one piece; the rest is for the others.
    if (held.length === 0 && chunk.length === usual) return onAnswer(chunk[9] === 0x32);
    const answer = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const length = answerLength(answer);
    if (length === 0) {
      held = Buffer.from(answer);
      return;
    }
    held = NO_BYTES;
    const good = isGood(answer);
    if (good) usual = length;
    onAnswer(good);
  };
}

async function open(port: number, onBytes: (chunk: Buffer) => void): Promise<Socket> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(READ_AT_ONCE),
      callback: (count, buffer) => {
        onBytes((buffer as Buffer).subarray(0, count));
        return true;
      },
    },
  });
  await once(socket, 'connect');
  return socket;
}

/** The state that the connections of a run share. */
interface Run {
  readonly texts: readonly Buffer[];
  readonly latencies: number[];
  odd: number;
  /** The time after which no request is sent. */
  ends: number;
}

/** Opens a connection; resolves to a function that sends requests over it until the time is up. */
async function prepare(port: number, shared: Run): Promise<() => Promise<void>> {
  const { texts, latencies } = shared;
  let sent = 0;
  let done = () => {};
  const send = () => void socket.write(texts[turn++ % texts.length] as Buffer);
  const reader = createReader((good) => {
    const now = performance.now();
    latencies.push(now - sent);
    if (!good) shared.odd++;
    sent = now;
    if (now < shared.ends) send();
    else done();
  });
  const socket = await open(port, reader);
  return async () => {
    const finished = new Promise<void>((resolve, reject) => {
      done = resolve;
      socket.once('error', reject).once('close', () => reject(new Error('the server closed a connection')));
    });
    sent = performance.now();
    send();
    await finished;
    socket.removeAllListeners('close').destroy();
  };
}

/**
 * Keeps this process from sleeping until it is stopped; returns what stops it, which returns the milliseconds in which it had
 * nothing to do. A server pays for waking the client that it writes to, on a virtual machine more than for the write. A fast
 * server would not pay that, because its load never sleeps.
 */
function stayAwake(answered: () => number): () => number {
  let isAwake = true;
  let idle = 0;
  let [before, count] = [performance.now(), answered()];
  function turnAround(): void {
    const now = performance.now();
    if (answered() === count) idle += now - before;
    [before, count] = [now, answered()];
    if (isAwake) setImmediate(turnAround);
  }
  turnAround();
  return () => {
    isAwake = false;
    return idle;
  };
}

async function run({ port, connections, milliseconds, requests }: LoadOrder): Promise<LoadResult> {
  const texts = requests.map((text) => Buffer.from(text));
  const shared: Run = { texts, latencies: [], odd: 0, ends: 0 };
  const starts = await Promise.all(Array.from({ length: connections }, () => prepare(port, shared)));
  const { latencies } = shared;
  const idleTime = stayAwake(() => latencies.length);
  const started = performance.now();
  shared.ends = started + milliseconds;
  await Promise.all(starts.map((start) => start()));
  const elapsed = performance.now() - started;
  const cpu = Math.max(0, elapsed - idleTime()) * 1000;
  return {
    answered: latencies.length,
    odd: shared.odd,
    seconds: elapsed / 1000,
    cpu,
    ...summarise(latencies),
  };
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
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
