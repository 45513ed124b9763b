import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';

/** The core that a program runs on: the measured program has one, and the load the other. */
export const CORES = { measured: 0, load: 1 } as const;

/** Whether programs are bound to a core each; otherwise they share all cores. */
export const isPinned = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/** A running program of this folder. */
export interface Program<Hello> {
  /** Its first message, when it was ready. */
  readonly hello: Hello;
  /** Its next message. Rejects if it ends before. */
  ask<T>(message: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** The environment without the configuration of Postern and without a test database. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('POSTERN_')));
}

/** Starts a program, by its path in this folder without its extension, and waits until it is ready. */
export async function startProgram<Hello>(
  name: string,
  options: { core?: keyof typeof CORES; args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Program<Hello>> {
  const { core = 'measured', args = [], env = {} } = options;
  const script = join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
  const child = fork(script, args, { env: { ...plainEnvironment(), NODE_ENV: 'production', ...env } });
  if (isPinned) spawnSync('taskset', ['-a', '-cp', String(CORES[core]), String(child.pid)]);
  const exited = once(child, 'exit');

  async function nextMessage<T>(): Promise<T> {
    const waiting = new AbortController();
    try {
      const message = once(child, 'message', { signal: waiting.signal }).then(([first]) => first as T);
      const end = exited.then(([code]) => Promise.reject(new Error(`${name} ended (${code})`)));
      return await Promise.race([message, end]);
    } finally {
      waiting.abort();
    }
  }

  return {
    hello: await nextMessage<Hello>(),
    ask<T>(message: unknown): Promise<T> {
      const answer = nextMessage<T>();
      child.send(message as object);
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Waits until several programs that start concurrently are ready. */
export async function together<T extends Readonly<Record<string, Promise<unknown>>>>(
  starting: T,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const ready = Object.entries(starting).map(async ([name, program]) => [name, await program] as const);
  return Object.fromEntries(await Promise.all(ready)) as { [K in keyof T]: Awaited<T[K]> };
}

/** Stops programs, one after the other. */
export async function stopAll(programs: Readonly<Record<string, Program<unknown>>>): Promise<void> {
  for (const program of Object.values(programs)) await program.stop();
}
