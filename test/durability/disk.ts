import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What a crash leaves: `kept`, everything that was written, as when only the process ends; `forgetful`, only what was
 * synced, as after a power cut.
 */
export type DiskKind = 'kept' | 'forgetful';

/** The folder of a database file. */
export interface Disk {
  readonly file: string;
  /** The environment variables that the server needs for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Does to the files what the crash does, after the server has ended. */
  cut(): void;
}

const SHIM_SOURCE = fileURLToPath(new URL('./forgetful-disk.c', import.meta.url));

/** Whether this machine can simulate a forgetful disk, which requires Linux and a C compiler. */
export function canForget(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

function compileShim(folder: string): string {
  const shim = join(folder, 'forgetful-disk.so');
  if (!existsSync(shim)) {
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', shim, SHIM_SOURCE, '-ldl', '-lpthread']);
  }
  return shim;
}

/** A disk for a database file. A shim can be put into `folder`. */
export function createDisk(kind: DiskKind, file: string, folder: string): Disk {
  if (kind === 'kept') return { file, env: {}, cut: () => {} };
  return {
    file,
    env: { LD_PRELOAD: compileShim(folder), FORGETFUL_FILE: file },
    cut() {
      for (const path of [file, `${file}-wal`]) {
        if (existsSync(`${path}.synced`)) copyFileSync(`${path}.synced`, path);
        else rmSync(path, { force: true });
      }
      // This file is never synced, and SQLite builds it from the log.
      rmSync(`${file}-shm`, { force: true });
    },
  };
}
