import { fileURLToPath } from 'node:url';
import { isFullLength } from './test-length.ts';

const DIST = new URL('../../dist/', import.meta.url);

/** What tests start as processes: the built files, and the name of each in the bundle. */
const BUILT = { main: 'src/main.js', cli: 'src/cli/main.js' } as const;

/** The server, or the command line. */
export type Started = keyof typeof BUILT;

/** Returns the built file, as it is shipped. */
export function builtFile(name: Started): string {
  return fileURLToPath(new URL(BUILT[name], DIST));
}

/** The folder of the bundle that `build-setup.ts` writes. */
export const BUNDLE = fileURLToPath(new URL('bundled/', DIST));

/** Returns the file that tests start: that of the bundle, or at full length the one that is shipped. */
export function startFile(name: Started): string {
  return isFullLength ? builtFile(name) : `${BUNDLE}${name}.js`;
}
