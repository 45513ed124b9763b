import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A process of its own that talks to the test in messages. */
export interface TestProcess {
  /** The next message that it sends, in order. Throws when it ends without one. */
  next(): Promise<unknown>;
  send(message: string): void;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Runs a TypeScript file as a process, which is gone at the latest when the test has finished. */
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
