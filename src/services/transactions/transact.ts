import type { DatabaseHandle } from '../../storage/database.ts';

/**
 * Runs work in one transaction: all of it is stored when the promise resolves, none of it when it rejects. Within it,
 * await nothing but the database: others wait meanwhile. The work may be run again where it lost a race, so it does
 * nothing that a rollback would not undo.
 */
export type Transact = DatabaseHandle['transact'];
