import type { DatabaseHandle } from '../../storage/database.ts';

/**
 * Runs work in one transaction: all of it is stored when the promise resolves, none of it when it rejects. The work
 * awaits nothing but the database, because other transactions wait for it. It can run again after a conflict, so it must
 * not do anything that a rollback does not undo.
 */
export type Transact = DatabaseHandle['transact'];
