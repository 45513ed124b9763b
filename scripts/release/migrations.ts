import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'db/migrations';

/** The file with the digests of released migrations, by name. It is empty before the first release. */
export const RELEASED_MIGRATIONS = 'db/released-migrations.json';

type Digests = Readonly<Record<string, string>>;

/** Returns the digest of each migration by name: of its file and of the files in the folder of the same name. */
export function digestMigrations(root: string): Digests {
  const files = readdirSync(join(root, FOLDER), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
  const names = files.filter((path) => !path.includes('/')).map((path) => path.slice(0, -'.ts'.length));
  const digestOf = (name: string) => {
    const hash = createHash('sha256');
    for (const path of files.filter((file) => file === `${name}.ts` || file.startsWith(`${name}/`))) {
      hash.update(`${path}\n${readFileSync(join(root, FOLDER, path), 'utf8')}\n`);
    }
    return hash.digest('hex');
  };
  return Object.fromEntries(names.map((name) => [name, digestOf(name)]));
}

/** Returns the names of released migrations that were changed or deleted since. */
export function changedMigrations(root: string): string[] {
  const released = JSON.parse(readFileSync(join(root, RELEASED_MIGRATIONS), 'utf8')) as Digests;
  const current = digestMigrations(root);
  return Object.keys(released).filter((name) => released[name] !== current[name]);
}
