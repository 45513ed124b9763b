import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { startPackaged } from '../support/packaged.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Packs the built project; returns the names of the files, and the folder in which they are unpacked with the dependencies. */
function pack(): { files: string[]; folder: string } {
  const folder = temporaryFolder();
  // The tests have built the project already.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', folder]);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { files: packed.files.map(({ path }: { path: string }) => path), folder: join(folder, 'package') };
}

test('the package has what runs and no tests, and its command serves API and console in an empty folder', async () => {
  const { files, folder } = pack();
  expect(files).toEqual(
    expect.arrayContaining(['dist/src/main.js', 'dist/console/index.html', 'LICENSE', 'README.md']),
  );
  expect(
    files.filter((file) => /(?:^|\/)(?:test|bench|src\/.*\.ts|web)\/|\.(?:map|test\.\w+)$/.test(file)),
  ).toEqual([]);

  const { bin, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const command = join(folder, bin.postern);
  const { stdout, status } = spawnSync(process.execPath, [command, '--version'], { cwd: temporaryFolder() });
  expect([status, String(stdout)]).toEqual([0, `${version}\n`]);

  const server = await startPackaged(command, temporaryFolder());
  onTestFinished(server.stop);
  const page = await fetch(server.origin, { headers: { Accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Postern')]);
  expect((await fetch(`${server.origin}/graphql?query={__typename}`)).status).toBe(200);
});
