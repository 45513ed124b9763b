import { acquireServerLock } from '../../../src/storage/sqlite/server-lock.ts';

/** Locks a file as its server, reports that, and holds the lock until it ends or reads a command to release it. */
const lock = acquireServerLock(process.argv[2] as string);
process.send?.('locked');
process.once('message', () => {
  lock.release();
  process.send?.('released');
  process.disconnect();
});
