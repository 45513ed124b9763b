import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
  'src',
  'db',
  'web',
  'packages/cli/src',
  'packages/verify/src',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vite.config.ts',
  'test/support/build-setup.ts',
];
/** The last file that `npm run build` writes. */
const RESULT = 'dist/console/index.html';

/** The newest modification time of a file, or of a folder and everything in it. */
function modifiedAt(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => modifiedAt(join(path, name))));
}

function builtAt(): number {
  return statSync(join(ROOT, RESULT), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Builds the server and the console once for a run of tests, unless the build is newer than its sources. */
export default function setup(): void {
  const changedAt = Math.max(...SOURCES.map((source) => modifiedAt(join(ROOT, source))));
  if (changedAt < builtAt()) return;
  // Vitest sets NODE_ENV to `test`, with which Vite would build React for development.
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, env, stdio: 'inherit' });
}
