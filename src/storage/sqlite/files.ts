import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';

/** The mode of a file that only its owner can read and write. */
export const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Creates a folder, and those above it, that only its owner can enter. Does nothing if it exists. */
export function createPrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: OWNER_ONLY_FOLDER });
}

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
