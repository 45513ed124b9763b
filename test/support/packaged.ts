import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server that runs from a package. */
export interface PackagedServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Runs `npx postern serve` in a folder where it is installed, on a free port. Rejects if it does not listen. */
export async function startPackaged(cwd: string): Promise<PackagedServer> {
  const { PATH, HOME } = process.env;
  const env = { ...(PATH && { PATH }), ...(HOME && { HOME }), PORT: '0', POSTERN_LOG_LEVEL: 'warn' };
  const child = spawn('npx', ['--no', '--', 'postern', 'serve'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    // npx does not pass signals on to what it runs, so they go to the group of both.
    detached: true,
  });
  const exit = once(child, 'exit');
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await exit;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const origin = /^Postern listens on (\S+)$/.exec(line)?.[1];
    if (origin) return { origin, stop };
  }
  throw new Error('the packaged server ended before it listened');
}
