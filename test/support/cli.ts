import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { run } from '../../src/cli/run.ts';
import { readConfig } from '../../src/config.ts';
import { PASSWORD } from './app.ts';
import { startFile } from './start-file.ts';

/** The built command. */
export const MAIN = startFile('cli');

/** The exit code and the output of a command. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment and input of a command. It inherits nothing of the test's own configuration. */
export interface Circumstances {
  readonly env?: Record<string, string>;
  /** The contents of standard input. */
  readonly input?: string;
}

function start(words: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [MAIN, ...words], {
    env: { ...(PATH && { PATH }), ...(HOME && { HOME }), ...env },
  });
}

async function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: unknown[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return chunks.join('');
}

/** Runs a command in the test's process; `input` is the password that it reads if it prompts for one. */
export async function call(
  words: string,
  { env = {}, input = PASSWORD }: Circumstances = {},
): Promise<Outcome> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await run(words === '' ? [] : words.split(' '), {
    terminal: {
      print: (line) => void stdout.push(line),
      report: (line) => void stderr.push(line),
      readPassword: async () => input,
      async *input() {
        yield Buffer.from(input);
      },
    },
    config: () => readConfig(env),
  });
  return { code, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}

/** Runs `postern` as a process, and waits for its end. */
export async function postern(words: string, { env, input = '' }: Circumstances = {}): Promise<Outcome> {
  const child = start(words.split(' '), env);
  child.stdin?.end(input);
  const [stdout, stderr] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

/** A server in a process of its own. */
export interface ServerProcess {
  /** Such as `http://127.0.0.1:34567`. */
  readonly origin: string;
  /** Posts GraphQL, with a bearer secret if given. */
  post(query: string, secret?: string): Promise<{ status: number; data: any; code: string | undefined }>;
  /** Stops the server with SIGTERM; resolves to its exit code. */
  stop(): Promise<number | null>;
}

async function originOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const origin = /^Postern listens on (\S+)$/.exec(line)?.[1];
    if (origin) return origin;
  }
  throw new Error(`the server ended: ${await read(child.stderr)}`);
}

/** Runs `postern serve` on a free port. The caller stops it. */
export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const child = start(['serve'], { ...env, PORT: '0', POSTERN_LOG_LEVEL: 'silent' });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    return child.exitCode;
  };
  const origin = await originOf(child);
  return {
    origin,
    async post(query, secret) {
      const headers = {
        'content-type': 'application/json',
        ...(secret && { authorization: `Bearer ${secret}` }),
      };
      const body = JSON.stringify({ query });
      const response = await fetch(`${origin}/graphql`, { method: 'POST', headers, body });
      const answer = (await response.json()) as {
        data?: unknown;
        errors?: { extensions: { code: string } }[];
      };
      return { status: response.status, data: answer.data, code: answer.errors?.[0]?.extensions.code };
    },
    stop,
  };
}
