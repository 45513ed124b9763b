import { createLogger } from '../../src/platform/logger.ts';
import { type Cascades, createCascades } from '../../src/services/maintenance/cascades.ts';
import { createEvents } from '../../src/services/transactions/events.ts';
import type { UnitOfWorkRunner } from '../../src/services/transactions/unit-of-work.ts';
import type { TestApp } from './app.ts';

/** Starts what applies cascades, as a server does. It looks for them only when it is called. */
export function startCascades(
  { app, database }: TestApp,
  changes: UnitOfWorkRunner = app.services.changes,
): Cascades {
  return createCascades({ db: database.db, changes, events: createEvents(), logger: createLogger('silent') });
}

/** Applies one chunk and stops, as a process that is killed between two chunks. */
export async function applyOneChunk(postern: TestApp): Promise<void> {
  const { changes } = postern.app.services;
  const cascades = startCascades(postern, {
    ...changes,
    resume: (actor, locks, work) =>
      changes.resume(actor, locks, work).finally(() => {
        void cascades.close();
      }),
  });
  await cascades.run();
}
