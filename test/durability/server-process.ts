import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles the server into a folder, from which it starts in a third of the time. Returns the file to run. */
export async function buildServer(folder: string): Promise<string> {
  const build = join(folder, 'build');
  mkdirSync(build);
  writeFileSync(join(build, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'));
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  const arguments_ = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(build, 'dist')];
  await promisify(execFile)(compiler, arguments_, { cwd: ROOT });
  return join(build, 'dist/src/main.js');
}

/** How to start a server. */
export interface ServerOptions {
  /** The compiled file to run. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  /** Arguments for Node itself. */
  readonly nodeArguments?: readonly string[];
}

/** A server that runs until it is killed. */
export interface KillableServer {
  readonly origin: string;
  readonly pid: number;
  /** Ends the server with SIGKILL, and waits for its end. */
  kill(): Promise<void>;
}

async function originOf(child: ChildProcess): Promise<string> {
  const errors: string[] = [];
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const origin = /^Postern listens on (\S+)$/.exec(line)?.[1];
    if (origin) {
      child.stdout?.resume();
      return origin;
    }
  }
  throw new Error(`the server ended: ${errors.join('')}`);
}

/** Starts the real server as a process of its own, on a free port. */
export async function startKillable({
  main,
  env,
  nodeArguments = [],
}: ServerOptions): Promise<KillableServer> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [...nodeArguments, main], {
    cwd: join(main, '..'),
    env: { PATH, HOME, PORT: '0', POSTERN_LOG_LEVEL: 'silent', ...env },
  });
  const ended = once(child, 'exit');
  // The server never outlives this process.
  const takeAlong = () => void child.kill('SIGKILL');
  process.once('exit', takeAlong);
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
    process.off('exit', takeAlong);
  };
  try {
    return { origin: await originOf(child), pid: child.pid as number, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}
