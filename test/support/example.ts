import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VERIFY = join(ROOT, 'packages/verify');
const PACKAGES = ['oauth4webapi', 'express', 'fastify', 'hono', 'graphql-yoga', 'graphql', '@types'];

/** A project of its own, with `@postern/verify` installed. */
export interface Project {
  /** Writes a file into the project. */
  write(name: string, text: string): void;
  /** Compiles the project by its `tsconfig.json`. Throws the output of the compiler. */
  build(): void;
  /** Runs a module of the project until the caller stops it; resolves with the first line that it prints. */
  run(name: string, env?: Record<string, string>): Promise<{ printed: string; stop(): Promise<void> }>;
  /** Compiles a file of the project with the project's own settings. Throws the output of the compiler. */
  compile(name: string): void;
  remove(): void;
}

/** The compiler that builds Postern. */
function tsc(cwd: string, ...args: string[]): void {
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd, encoding: 'utf8' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

/**
 * Creates a project with the files of the package `@postern/verify` where `npm install` puts them; `example` names a folder of
 * `examples` whose files it gets.
 */
export function createProject(example?: string): Project {
  const folder = mkdtempSync(join(tmpdir(), 'postern-project-'));
  const packages = join(folder, 'node_modules');
  const installed = join(packages, '@postern/verify');
  if (example) cpSync(join(ROOT, 'examples', example), folder, { recursive: true });
  mkdirSync(installed, { recursive: true });
  cpSync(join(VERIFY, 'package.json'), join(installed, 'package.json'));
  tsc(VERIFY, '-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist'));
  for (const name of PACKAGES) symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));

  return {
    write: (name, text) => writeFileSync(join(folder, name), text),
    build: () => tsc(folder, '-p', '.'),
    async run(name, env = {}) {
      const { PATH } = process.env;
      const child = spawn(process.execPath, [name], { cwd: folder, env: { ...(PATH && { PATH }), ...env } });
      const exit = once(child, 'exit');
      let errors = '';
      child.stderr.on('data', (chunk) => {
        errors += chunk;
      });
      for await (const line of createInterface({ input: child.stdout })) {
        const stop = async () => {
          child.kill();
          await exit;
        };
        return { printed: line, stop };
      }
      throw new Error(`${name} ended: ${errors}`);
    },
    compile: (name) =>
      tsc(
        folder,
        name,
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        'nodenext',
        '--types',
        'node',
      ),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
