import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';
import { BUNDLE, builtFile } from './start-file.ts';

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
/** The last file that `setup` writes. */
const RESULT = join(BUNDLE, 'cli.js');
/** Packages with native code, which cannot be bundled. */
const NATIVE = ['better-sqlite3', '@node-rs/argon2', 'pg-native'];

/** The newest modification time of a file, or of a folder and everything in it. */
function modifiedAt(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => modifiedAt(join(path, name))));
}

function builtAt(): number {
  return statSync(RESULT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Modules read files beside them, so each keeps its own address. */
const KEPT_ADDRESSES: Plugin = {
  name: 'kept-addresses',
  transform: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
};

/**
 * Bundles the built server and command line with the packages that they import. They start from a few files in less than half
 * of the CPU time that they take to start from a thousand, and the tests start more than a hundred processes.
 */
async function bundle(): Promise<void> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    publicDir: false,
    plugins: [KEPT_ADDRESSES],
    // Node's own choice. The other builds of graphql would be a second copy, which does not know the first.
    resolve: { mainFields: ['main', 'module'], conditions: ['node'] },
    ssr: { noExternal: true, external: NATIVE },
    build: {
      ssr: true,
      outDir: BUNDLE,
      target: 'node20',
      rolldownOptions: {
        input: { main: builtFile('main'), cli: builtFile('cli') },
        output: { entryFileNames: '[name].js', strictExecutionOrder: true },
      },
    },
  });
}

/** Builds the server and the console once for a run of tests, unless the build is newer than its sources. */
export default async function setup(): Promise<void> {
  const changedAt = Math.max(...SOURCES.map((source) => modifiedAt(join(ROOT, source))));
  if (changedAt < builtAt()) return;
  // Vitest sets NODE_ENV to `test`, with which Vite would build React for development.
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, env, stdio: 'inherit' });
  await bundle();
}
