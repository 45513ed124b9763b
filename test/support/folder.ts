import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Calls a function at an end: by default, that of the test. */
export type AtEnd = (end: () => void | Promise<void>) => void;

/** Returns an empty folder that is removed when the test has finished, or at another end. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
