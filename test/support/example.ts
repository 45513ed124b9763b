import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['oauth4webapi', 'express', 'fastify', 'hono', 'graphql-yoga', 'graphql', '@types'];

/** A project beside Postern that has it installed. */
export interface Project {
  /** Writes a file into the project. */
  write(name: string, text: string): void;
  /** Runs a module of the project until the caller stops it; resolves with the first line that it prints. */
  run(name: string, env?: Record<string, string>): Promise<{ printed: string; stop(): Promise<void> }>;
  /** Compiles a file of the project as a stranger would. Throws what the compiler says. */
  compile(name: string): void;
  remove(): void;
}

/** The compiler that Postern itself is built with. */
function tsc(cwd: string, ...args: string[]): void {
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd, encoding: 'utf8' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

/** Makes a project with Postern's package as `npm install` lays it: its `package.json`, and what the build makes of the helper. */
export function createProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'postern-project-'));
  const packages = join(folder, 'node_modules');
  mkdirSync(join(packages, 'postern'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(packages, 'postern/package.json'));
  tsc(ROOT, '-p', 'tsconfig.verify.json', '--outDir', join(packages, 'postern/dist'));
  for (const name of PACKAGES) symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));

  return {
    write: (name, text) => writeFileSync(join(folder, name), text),
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
