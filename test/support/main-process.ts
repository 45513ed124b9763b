import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { AtEnd } from './folder.ts';
import { startFile } from './start-file.ts';

const MAIN = startFile('main');
const PATIENCE_MS = 60_000;

/** The server as a process. */
export interface MainProcess {
  /** Waits until a pattern matches the output; returns the match. Rejects if the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
  /** Waits for the end; returns the exit code, the whole output, and the milliseconds since the call. */
  end(): Promise<{ code: number | null; output: string; ms: number }>;
}

function spawnMain(cwd: string, env: Record<string, string>, args: readonly string[]): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...(PATH && { PATH }), ...(HOME && { HOME }), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the built server in a folder, without the test's own environment. The process ends with the test at the latest, or at another end. */
export function startMain(
  cwd: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
  atEnd: AtEnd = onTestFinished,
): MainProcess {
  const child = spawnMain(cwd, env, args);
  const closed = once(child, 'close');
  let output = '';
  let wake = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
      wake();
    });
  }
  child.once('close', () => wake());
  atEnd(async () => {
    child.kill('SIGKILL');
    await closed;
  });

  return {
    async says(pattern) {
      const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      for (let match = pattern.exec(output); ; match = pattern.exec(output)) {
        if (match) {
          clearTimeout(late);
          return match;
        }
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended: ${output}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    signal: (name) => {
      child.kill(name);
    },
    async end() {
      const asked = performance.now();
      await closed;
      return { code: child.exitCode, output, ms: performance.now() - asked };
    },
  };
}
