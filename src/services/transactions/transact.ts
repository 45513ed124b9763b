import type { DatabaseHandle } from '../../storage/database.ts';

/**
 * Runs work in one transaction that holds locks. All of it is stored when the promise resolves, none of it when the promise
 * rejects. The work must await only the database, because other transactions wait for it. It can run again, so it must have
 * no effect that a rollback does not undo.
 */
export type Transact = DatabaseHandle['transact'];
