import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { listens, type ProxyAddress, type Send, sender } from './proxied.ts';

const START_MS = 10_000;
const POLL_MS = 10;

/** A proxy to run. */
export interface ProxyProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly address: ProxyAddress;
}

/** Runs a proxy until the test has finished. Throws if it does not start to listen. */
export async function startProxyProcess({ file, args, env, address }: ProxyProgram): Promise<Send> {
  const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  for (const deadline = Date.now() + START_MS; !(await listens(address)); await pause(POLL_MS)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${file} did not start: ${errors}`);
  }
  return sender(address);
}
