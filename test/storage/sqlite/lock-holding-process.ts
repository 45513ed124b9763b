import { acquireServerLock } from '../../../src/storage/sqlite/server-lock.ts';

/** Becomes the server of a file, says so, and holds the lock until it is ended or told to release it. */
const lock = acquireServerLock(process.argv[2] as string);
process.send?.('locked');
process.once('message', () => {
  lock.release();
  process.send?.('released');
  process.disconnect();
});
