import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { summarise } from './latency.ts';

// The common part of the measured programs: they serve requests of the parent process over IPC, and end with it.

/** The resources that a process has used so far. */
export interface Usage {
  /** Microseconds of CPU time, of all its threads. */
  readonly cpu: number;
  /** Resident bytes, files mapped into memory included. */
  readonly memory: number;
  /** The same without those files; `null` if the system does not provide it. */
  readonly ownMemory: number | null;
}

/** The result of a loop after its time. */
export interface LoopResult {
  readonly done: number;
  readonly seconds: number;
  /** Microseconds. */
  readonly cpu: number;
  /** Milliseconds; only for loops with several callers. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** The maximum number of requests in one turn of a server's event loop, so that the work of a turn is included. */
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

/** Reports to the parent process that a server listens on a port and, on request, the resources that this process has used. */
export function reportServer(port: number): void {
  process.on('message', () => process.send?.(usage()));
  goWithParent();
  process.send?.({ port });
}

/** Runs a step repeatedly, for as many milliseconds as the parent requests, on each request; the count of turns continues. */
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

/** The same for several concurrent callers, each of which waits for its own step; measures the time of a step. */
export function reportCallers(callers: number, step: (turn: number) => unknown): void {
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
