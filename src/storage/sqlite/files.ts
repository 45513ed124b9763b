import { closeSync, fsyncSync, openSync } from 'node:fs';

const OWNER_ONLY = 0o600;

/** Creates an empty file that only its owner can read. Returns `false`, without a change, if the file exists. */
export function createPrivateFile(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Flushes a file, or the entries of a folder, to disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
