import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const PATIENCE_MS = 20_000;
const DONE = '-- done --\n';

/** A shell that runs blocks of commands in order. */
export interface Shell {
  /** Runs commands; returns their output. Rejects if they take 20 seconds, or end the shell. */
  run(commands: string): Promise<string>;
}

/** Opens a POSIX shell in a folder. It ends with the test, with everything that it left in the background. */
export function openShell(cwd: string): Shell {
  const { PATH, HOME } = process.env;
  const env = { ...(PATH && { PATH }), ...(HOME && { HOME }) };
  // Detached, it leads a process group of its own, which can be ended as a whole.
  const child = spawn('sh', ['-s'], { cwd, env, detached: true });
  const closed = once(child, 'close');
  let printed = '';
  let complaints = '';
  let wake = () => {};
  child.stdout.on('data', (chunk) => {
    printed += chunk;
    wake();
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  child.once('close', () => wake());
  const end = () => void process.kill(-(child.pid as number), 'SIGKILL');
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) end();
    await closed;
  });

  return {
    async run(commands) {
      const late = setTimeout(end, PATIENCE_MS);
      child.stdin.write(`${commands}\necho '${DONE.trim()}'\n`);
      while (!printed.endsWith(DONE)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the shell ended at:\n${commands}\n${printed}${complaints}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      clearTimeout(late);
      const answer = printed.slice(0, -DONE.length);
      printed = '';
      return answer;
    },
  };
}
