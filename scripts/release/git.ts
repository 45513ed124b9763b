import { execFileSync } from 'node:child_process';

/** Runs git in a folder and returns its output without the last line break. Throws if git fails. */
export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

/** Returns the newest release tag (`v*`) that `HEAD` descends from; `null` before the first release. */
export function lastTag(folder: string): string | null {
  const tags = git(folder, 'tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname');
  return tags.split('\n')[0] || null;
}
