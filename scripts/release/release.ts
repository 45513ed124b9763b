import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseChangelog } from './changelog.ts';
import { git, lastTag } from './git.ts';
import { changedMigrations, digestMigrations, RELEASED_MIGRATIONS } from './migrations.ts';
import { compareSchemas, toMarkdown } from './schema-changes.ts';

/** What to release. */
export interface ReleaseOptions {
  /** The root of the repository. */
  readonly root: string;
  readonly version: string;
  /** The date of the release, as in `2030-12-31`. */
  readonly date: string;
  /** The command that must succeed before anything is written, with its arguments. */
  readonly check: readonly [string, ...string[]];
}

const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

function requireReleasable({ root, version }: ReleaseOptions): void {
  if (!VERSION.test(version)) throw new Error(`${version} is not a version such as 1.2.3.`);
  if (git(root, 'branch', '--show-current') !== 'main')
    throw new Error('Releases are made on the branch main.');
  if (git(root, 'status', '--porcelain') !== '') throw new Error('The working tree has uncommitted changes.');
  if (git(root, 'tag', '--list', `v${version}`) !== '')
    throw new Error(`The tag v${version} already exists.`);
  const changed = changedMigrations(root);
  if (changed.length > 0) throw new Error(`Released migrations have changed: ${changed.join(', ')}.`);
}

/** Returns the changes of schema.graphql since the last release; an empty text before the first one. */
function schemaChangesSinceRelease(root: string): string {
  const tag = lastTag(root);
  if (tag === null) return '';
  const before = git(root, 'show', `${tag}:schema.graphql`);
  return toMarkdown(compareSchemas(before, readFileSync(join(root, 'schema.graphql'), 'utf8')));
}

function editJson(path: string, edit: (content: Lockfile) => void): void {
  const content = JSON.parse(readFileSync(path, 'utf8'));
  edit(content);
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}

interface Lockfile {
  version: string;
  readonly packages: Record<string, { version?: string }>;
}

/** The other files that name the version, each with the text before it. */
export const NAMING_FILES: Readonly<Record<string, string>> = {
  'docs/openapi.json': '"version": "',
  'deploy/kubernetes/postern.yaml': 'image: registry.example/postern:',
  'docs/node-services.md': '/postern-verify-',
  'docs/your-api.md': '/postern-verify-',
  'packages/verify/README.md': '/postern-verify-',
};

/** Sets the version of the package and of the packages in its workspaces, also in the lockfile and in files that name it. */
function setVersion(root: string, version: string): void {
  editJson(join(root, 'package-lock.json'), (lock) => {
    for (const [path, before] of Object.entries(NAMING_FILES)) {
      const text = readFileSync(join(root, path), 'utf8');
      writeFileSync(join(root, path), text.replaceAll(`${before}${lock.version}`, `${before}${version}`));
    }
    lock.version = version;
    for (const [path, locked] of Object.entries(lock.packages)) {
      if (path.includes('node_modules/')) continue;
      locked.version = version;
      editJson(join(root, path, 'package.json'), (manifest) => {
        manifest.version = version;
      });
    }
  });
}

/**
 * Releases a version: runs the check, sets the version, moves the unreleased entries of the changelog to it with the changes
 * of the schema, freezes the migrations, commits and tags. Returns the tag. Throws before it writes anything if the tree is
 * not clean or not on main, if the version or the changelog does not allow a release, or if the check fails.
 */
export function release(options: ReleaseOptions): string {
  const { root, version, date, check } = options;
  requireReleasable(options);
  const path = join(root, 'CHANGELOG.md');
  const changelog = releaseChangelog(
    readFileSync(path, 'utf8'),
    version,
    date,
    schemaChangesSinceRelease(root),
  );
  const [command, ...args] = check;
  execFileSync(command, args, { cwd: root, stdio: 'inherit' });
  if (git(root, 'status', '--porcelain') !== '') throw new Error('The check has changed files.');

  setVersion(root, version);
  writeFileSync(path, changelog);
  writeFileSync(join(root, RELEASED_MIGRATIONS), `${JSON.stringify(digestMigrations(root), null, 2)}\n`);
  git(root, 'commit', '--all', '--message', `Release ${version}`);
  git(root, 'tag', '--annotate', `v${version}`, '--message', `Release ${version}`);
  return `v${version}`;
}
