import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** An import of a source file. */
export interface Import {
  /** A path from the root of the repository, such as `src/app.ts`, or the name of a package. */
  readonly from: string;
  /** Whether `from` is a path of this repository. */
  readonly isOurs: boolean;
  /** Whether it imports types only. */
  readonly isTypeOnly: boolean;
}

/** A source file with its imports. */
export interface SourceFile {
  /** The path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const IMPORT =
  /^(?:import|export)(\s+type)?\s[^;]*?\sfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

function importsOf(path: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(([, type, from, sideEffect, dynamic]) => {
    const specifier = (from ?? sideEffect ?? dynamic) as string;
    const isOurs = specifier.startsWith('.');
    return {
      from: isOurs ? posix.join(dirname(path), specifier) : specifier,
      isOurs,
      isTypeOnly: type !== undefined,
    };
  });
}

/** Reads every TypeScript file below a folder of the repository. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(ROOT, file).split(sep).join('/');
      const text = readFileSync(file, 'utf8');
      return { path, text, imports: importsOf(path, text) };
    })
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** Returns the first cycle of imports, from a file back to itself; `null` if there is none. */
export function findCycle(files: readonly SourceFile[]): string[] | null {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();

  function walk(path: string, trail: readonly string[]): string[] | null {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const { from, isOurs } of byPath.get(path)?.imports ?? []) {
      const cycle = isOurs ? walk(from, [...trail, path]) : null;
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  }

  for (const { path } of files) {
    const cycle = walk(path, []);
    if (cycle) return cycle;
  }
  return null;
}

/** Returns every file and package that loading a file loads. */
export function loadedBy(files: readonly SourceFile[], start: string): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set<string>();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    for (const { from, isTypeOnly } of byPath.get(path)?.imports ?? []) if (!isTypeOnly) waiting.push(from);
  }
  return loaded;
}
