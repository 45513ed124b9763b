import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { summarise } from './latency.ts';

// What the programs that are measured have in common: they do as the parent process asks over IPC, and go when it goes.

/** What a process has used so far. */
export interface Usage {
  /** Microseconds of CPU time, of all its threads. */
  readonly cpu: number;
  /** Bytes that are resident, files that are mapped into memory included. */
  readonly memory: number;
  /** The same without those files; `null` where the system does not tell. */
  readonly ownMemory: number | null;
}

/** What a loop did in the time that it was given. */
export interface LoopResult {
  readonly done: number;
  readonly seconds: number;
  /** Microseconds. */
  readonly cpu: number;
  /** Milliseconds; of loops with several callers only. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** As many as there may be requests in one turn of a server's event loop: what is done once a turn is to be paid here, too. */
const STEPS_A_TURN = 32;

function ownMemory(): number | null {
  try {
    const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function usage(): Usage {
  return { cpu: cpu(), memory: process.memoryUsage.rss(), ownMemory: ownMemory() };
}

function goWithParent(): void {
  process.on('disconnect', () => process.exit(0));
}

/** Tells the parent process that a server listens on a port and, whenever it asks, what this process has used. */
export function reportServer(port: number): void {
  process.on('message', () => process.send?.(usage()));
  goWithParent();
  process.send?.({ port });
}

/** Runs a step over and over, for as many milliseconds as the parent asks, whenever it asks; turns go on counting. */
export function reportLoop(step: (turn: number) => unknown): void {
  let turn = 0;
  report(async (ends) => {
    const first = turn;
    while (performance.now() < ends) {
      for (let n = 0; n < STEPS_A_TURN; n++) {
        const running = step(turn++);
        if (running instanceof Promise) await running;
      }
      await nextTurn();
    }
    return { done: turn - first, p50: null, p99: null };
  });
}

/** The same for several callers at once, each of which waits for its own step; measures how long that takes. */
export function reportCallers(callers: number, step: (turn: number) => Promise<unknown>): void {
  let turn = 0;
  report(async (ends) => {
    const latencies: number[] = [];
    const call = async () => {
      for (let started = performance.now(); started < ends; ) {
        await step(turn++);
        const now = performance.now();
        latencies.push(now - started);
        started = now;
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    return { done: latencies.length, ...summarise(latencies) };
  });
}

function report(run: (ends: number) => Promise<Pick<LoopResult, 'done' | 'p50' | 'p99'>>): void {
  process.on('message', async (milliseconds: number) => {
    const before = cpu();
    const started = performance.now();
    const result = await run(started + milliseconds);
    const seconds = (performance.now() - started) / 1000;
    process.send?.({ ...result, seconds, cpu: cpu() - before } satisfies LoopResult);
  });
  goWithParent();
  process.send?.('ready');
}
