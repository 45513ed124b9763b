import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { startPackaged } from '../support/packaged.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NPM: ExecFileSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
const { packages: LOCKED } = readJson(join(ROOT, 'package-lock.json')) as {
  packages: Record<string, Locked>;
};
/** The folders of packages that run with a published package. */
const DEPENDENCIES = Object.entries(LOCKED)
  .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
  .map(([path]) => path)
  .filter((path) => existsSync(join(ROOT, path)));

const { overrides: OVERRIDES } = readJson(join(ROOT, 'package.json')) as { overrides: object };

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** A package as `npm pack` makes it. */
interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
}

/** Packs what `npm pack` packs in a folder of the project, which the tests have built already. */
function pack(folder: string): Packed {
  const destination = temporaryFolder();
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', destination];
  const [{ filename, files }] = JSON.parse(execFileSync('npm', args, { ...NPM, cwd: join(ROOT, folder) }));
  return {
    tarball: join(destination, filename),
    files: files.map(({ path }: { path: string }) => path),
  };
}

/** Installs a tarball offline in an empty folder, where npm finds the packages that it needs. Returns the folder. */
function install(tarball: string, packages: readonly string[]): string {
  const folder = temporaryFolder();
  // Without them, npm takes newer versions than those of this project.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, overrides: OVERRIDES }));
  for (const path of packages) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  // npm keeps those that the tarball needs and removes the others. Compiling an addon again takes minutes.
  execFileSync('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], {
    ...NPM,
    cwd: folder,
  });
  return folder;
}

/** npm needs its time on a busy machine. */
const INSTALL_MS = 300_000;

const npx = (cwd: string, ...args: string[]) => execFileSync('npx', ['--no', '--', ...args], { ...NPM, cwd });

test('the package of the server, installed in an empty folder, serves API and console by npx', {
  timeout: INSTALL_MS,
}, async () => {
  const { files, tarball } = pack('.');
  expect(files).toEqual(
    expect.arrayContaining(['dist/src/main.js', 'dist/console/index.html', 'LICENSE', 'README.md']),
  );
  expect(
    files.filter((file) => /(?:^|\/)(?:test|bench|src\/.*\.ts|web)\/|\.(?:map|test\.\w+)$/.test(file)),
  ).toEqual([]);

  const folder = install(tarball, DEPENDENCIES);
  const installed = join(folder, 'node_modules/postern');
  const { version } = readJson(join(installed, 'package.json')) as Locked;
  expect(npx(folder, 'postern', '--version')).toBe(`${version}\n`);
  const server = await startPackaged(folder);
  onTestFinished(server.stop);
  const page = await fetch(server.origin, { headers: { Accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Postern')]);
  expect((await fetch(`${server.origin}/graphql?query={__typename}`)).status).toBe(200);
});

test('the packages for Node services and the command line run in an empty folder', {
  timeout: INSTALL_MS,
}, () => {
  const verify = install(pack('packages/verify').tarball, []);
  const names = execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', "console.log(Object.keys(await import('@postern/verify')).join())"],
    { ...NPM, cwd: verify },
  );
  expect(names).toContain('createVerifier');

  const cli = install(pack('packages/cli').tarball, ['node_modules/oauth4webapi']);
  expect(npx(cli, 'pat', '--help')).toContain('pat login');
});
