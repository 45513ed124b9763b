import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What a crash leaves: `kept`, all that was written, as when the process alone dies; `forgetful`, only what was synced, as
 * when the power goes.
 */
export type DiskKind = 'kept' | 'forgetful';

/** Where a database file lies. */
export interface Disk {
  readonly file: string;
  /** What the server's environment needs for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Does to the files what the crash does, once the server is gone. */
  cut(): void;
}

const SHIM_SOURCE = fileURLToPath(new URL('./forgetful-disk.c', import.meta.url));

/** Whether a forgetful disk can be had here: it takes Linux and a C compiler. */
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

/** A disk for a database file; `folder` is where a shim may be put. */
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
      // Never synced, and built anew from the log.
      rmSync(`${file}-shm`, { force: true });
    },
  };
}
