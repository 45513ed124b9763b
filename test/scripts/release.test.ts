import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { releaseChangelog } from '../../scripts/release/changelog.ts';
import { git } from '../../scripts/release/git.ts';
import { NAMING_FILES, release } from '../../scripts/release/release.ts';
import { compareSchemas, toMarkdown } from '../../scripts/release/schema-changes.ts';
import { temporaryFolder } from '../support/folder.ts';

const PASSING = ['node', '--eval', ''] as const;
const FAILING = ['node', '--eval', 'process.exit(1)'] as const;
const LOCKED = {
  '': { version: '0.1.0' },
  'node_modules/part': { resolved: 'packages/part', link: true },
  'node_modules/other': { version: '3.1.4' },
  'packages/part': { version: '0.1.0' },
};
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- Tokens.\n';

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function commit(root: string): void {
  git(root, 'add', '--all');
  git(root, 'commit', '--message', 'Change something');
}

/** Creates a repository with the files that a release reads and writes. */
function createRepository(): string {
  const root = temporaryFolder();
  git(root, 'init', '--initial-branch', 'main');
  git(root, 'config', 'user.name', 'Ada');
  git(root, 'config', 'user.email', 'ada@example.com');
  write(root, 'package.json', '{ "name": "scratch", "version": "0.1.0", "workspaces": ["packages/*"] }\n');
  write(root, 'packages/part/package.json', '{ "name": "part", "version": "0.1.0" }\n');
  write(root, 'package-lock.json', JSON.stringify({ version: '0.1.0', packages: LOCKED }));
  write(root, 'CHANGELOG.md', CHANGELOG);
  write(root, 'schema.graphql', 'type Query {\n  a: Int\n  b: Int\n}\n');
  write(root, 'db/migrations/0001-initial.ts', 'export const up = 1;\n');
  write(root, 'db/migrations/0001-initial/tables.ts', 'export const tables = 1;\n');
  write(root, 'db/released-migrations.json', '{}\n');
  for (const [path, before] of Object.entries(NAMING_FILES)) write(root, path, `${before}0.1.0, not 0.1.0\n`);
  commit(root);
  return root;
}

function releaseVersion(
  root: string,
  version: string,
  check: readonly [string, ...string[]] = PASSING,
): string {
  return release({ root, version, date: '2030-01-02', check });
}

test('a release sets the version, dates the changelog, freezes the migrations, commits and tags', () => {
  const root = createRepository();
  expect(releaseVersion(root, '1.0.0')).toBe('v1.0.0');
  for (const path of ['package.json', 'packages/part/package.json'])
    expect(JSON.parse(read(root, path)).version).toBe('1.0.0');
  const lock = JSON.parse(read(root, 'package-lock.json'));
  expect([
    lock.version,
    ...Object.values<{ version?: string }>(lock.packages).map((each) => each.version),
  ]).toEqual(['1.0.0', '1.0.0', undefined, '3.1.4', '1.0.0']);
  for (const [path, before] of Object.entries(NAMING_FILES))
    expect(read(root, path)).toBe(`${before}1.0.0, not 0.1.0\n`);
  expect(read(root, 'CHANGELOG.md')).toBe(
    '# Changelog\n\n## Unreleased\n\n## 1.0.0 - 2030-01-02\n\n- Tokens.\n',
  );
  expect(Object.keys(JSON.parse(read(root, 'db/released-migrations.json')))).toEqual(['0001-initial']);
  expect(git(root, 'status', '--porcelain')).toBe('');
  expect(git(root, 'log', '-1', '--format=%s')).toBe('Release 1.0.0');
  expect(git(root, 'rev-list', '-1', 'v1.0.0')).toBe(git(root, 'rev-parse', 'HEAD'));
});

test('the files in which a release sets the version name it', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const [path, before] of Object.entries(NAMING_FILES))
    expect(readFileSync(path, 'utf8')).toContain(`${before}${version}`);
});

test('the next release lists the changes of the schema, and adds new migrations to the frozen ones', () => {
  const root = createRepository();
  releaseVersion(root, '1.0.0');
  write(root, 'schema.graphql', 'type Query {\n  a: Int\n  c: Int\n}\n');
  write(root, 'db/migrations/0002-more.ts', 'export const up = 2;\n');
  write(
    root,
    'CHANGELOG.md',
    read(root, 'CHANGELOG.md').replace('## Unreleased\n', '## Unreleased\n\n- More.\n'),
  );
  commit(root);
  releaseVersion(root, '2.0.0');
  expect(read(root, 'CHANGELOG.md')).toContain(
    [
      '## Unreleased\n\n## 2.0.0 - 2030-01-02\n\n- More.\n\n### Schema\n\n**Breaking**\n\n- Query.b was removed.',
      '**Added**\n\n- Query.c was added.\n\n## 1.0.0 - 2030-01-02',
    ].join('\n\n'),
  );
  expect(Object.keys(JSON.parse(read(root, 'db/released-migrations.json')))).toEqual([
    '0001-initial',
    '0002-more',
  ]);
});

test.each(['db/migrations/0001-initial.ts', 'db/migrations/0001-initial/tables.ts'])(
  'a change of %s after its release prevents the next release',
  (path) => {
    const root = createRepository();
    releaseVersion(root, '1.0.0');
    write(root, path, 'export const changed = 1;\n');
    commit(root);
    expect(() => releaseVersion(root, '1.1.0')).toThrow('Released migrations have changed: 0001-initial.');
  },
);

test('nothing is written if a release is not allowed', () => {
  const root = createRepository();
  const before = git(root, 'rev-parse', 'HEAD');
  expect(() => releaseVersion(root, 'next')).toThrow('next is not a version');
  expect(() => releaseVersion(root, '1.0.0', FAILING)).toThrow('Command failed');

  git(root, 'switch', '--create', 'topic');
  expect(() => releaseVersion(root, '1.0.0')).toThrow('on the branch main');
  git(root, 'switch', 'main');

  write(root, 'notes.txt', 'not committed');
  expect(() => releaseVersion(root, '1.0.0')).toThrow('uncommitted changes');
  git(root, 'clean', '--force');

  expect(git(root, 'rev-parse', 'HEAD')).toBe(before);
  expect(git(root, 'status', '--porcelain')).toBe('');
  expect(git(root, 'tag')).toBe('');
});

test('a version is released once, and needs entries in the changelog', () => {
  const root = createRepository();
  releaseVersion(root, '1.0.0');
  expect(() => releaseVersion(root, '1.0.0')).toThrow('The tag v1.0.0 already exists.');
  expect(() => releaseVersion(root, '1.0.1')).toThrow('no entries under "Unreleased"');
  expect(() => releaseChangelog('# Changelog\n', '1.0.0', '2030-01-02', '')).toThrow(
    'no section "Unreleased"',
  );
});

test('changes of the schema are breaking, dangerous or additions', () => {
  const before = 'enum Color { RED }\ntype Query { a(color: Color): Int, b: Int }';
  const after =
    'enum Color { RED, BLUE }\ntype Box { id: ID }\ntype Query { a(color: Color!): Int, box: Box }';
  expect(compareSchemas(before, after)).toEqual({
    breaking: ['Query.a arg color has changed type from Color to Color!.', 'Query.b was removed.'],
    dangerous: ['BLUE was added to enum type Color.'],
    additions: ['Box was added.', 'Query.box was added.'],
  });
  expect(toMarkdown(compareSchemas(before, before))).toBe('');
});
