import { Worker } from 'node:worker_threads';

const BEAT_EVERY_MS = 500;

/**
 * The source of the watching thread. It is a string because compiled code, tsx and vitest load worker files in different ways.
 * It counts checks instead of time, because a suspended machine is not a blocked process. It writes its log line directly,
 * because the logger runs in the blocked thread.
 */
const THREAD = `
  const { writeSync } = require('node:fs');
  const { beats, seconds } = require('node:worker_threads').workerData;
  let lastCount = -1;
  let checks = 0;
  setInterval(() => {
    const count = Atomics.load(beats, 0);
    checks = count === lastCount ? checks + 1 : 0;
    lastCount = count;
    if (checks < seconds) return;
    const msg = 'the main thread is blocked, for example by a disk that does not respond: ending the process';
    try {
      writeSync(1, JSON.stringify({ level: 60, time: new Date().toISOString(), seconds, msg }) + '\\n');
    } finally {
      process.kill(process.pid, 'SIGALRM');
    }
  }, 1000);
`;

/**
 * Ends the process with `SIGALRM` (exit status 142 in a shell) if its main thread is blocked for `seconds`. The embedded
 * database runs in that thread, so if the disk does not respond, no timer runs either. The supervisor restarts the process.
 * The watchdog does not keep the process running.
 */
export function startWatchdog(seconds: number): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_EVERY_MS).unref();
  new Worker(THREAD, { eval: true, execArgv: [], workerData: { beats, seconds } }).unref();
}
