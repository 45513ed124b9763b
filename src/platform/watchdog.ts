import { Worker } from 'node:worker_threads';

const BEAT_EVERY_MS = 500;

/**
 * What the watching thread runs. A text and not a file, so that it is the same compiled, under tsx and under vitest, none
 * of which agree on how a thread finds its TypeScript. It counts looks rather than time: a machine that slept has not
 * hung. Its line in the log is written on the spot, as the thread that would pass it on stands still.
 */
const THREAD = `
  const { writeSync } = require('node:fs');
  const { beats, seconds } = require('node:worker_threads').workerData;
  let seen = -1;
  let still = 0;
  setInterval(() => {
    const count = Atomics.load(beats, 0);
    still = count === seen ? still + 1 : 0;
    seen = count;
    if (still < seconds) return;
    const msg = 'the process stands still, as on a disk that does not answer, and is ended';
    try {
      writeSync(1, JSON.stringify({ level: 60, time: new Date().toISOString(), seconds, msg }) + '\\n');
    } finally {
      process.kill(process.pid, 'SIGALRM');
    }
  }, 1000);
`;

/**
 * Ends the process with `SIGALRM` (exit status 142 in a shell) once its main thread has stood still for so many seconds.
 * The embedded database runs in that thread: on a disk that does not come back, nothing else would notice, no timer
 * included. Whoever runs the process starts it again. The watch itself does not keep it alive.
 */
export function startWatchdog(seconds: number): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_EVERY_MS).unref();
  new Worker(THREAD, { eval: true, execArgv: [], workerData: { beats, seconds } }).unref();
}
