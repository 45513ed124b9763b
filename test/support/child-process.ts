import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A child process that exchanges messages with the test. */
export interface TestProcess {
  /** The next message of the process, in order. Throws if the process ends without one. */
  next(): Promise<unknown>;
  send(message: string): void;
  /** Ends the process with SIGKILL, and waits for its end. */
  kill(): Promise<void>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Runs a TypeScript file as a process, which ends with the test at the latest. */
export function startProcess(script: URL, ...args: string[]): TestProcess {
  const child = fork(script, args, { execArgv: ['--import', 'tsx'] });
  const messages = on(child, 'message', { close: ['disconnect'] })[Symbol.asyncIterator]();
  onTestFinished(() => end(child));
  return {
    async next() {
      const { done, value } = await messages.next();
      if (done) throw new Error('the process ended without another message');
      return value[0];
    },
    send: (message) => {
      child.send(message);
    },
    kill: () => end(child),
  };
}
