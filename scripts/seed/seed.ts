import { createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { DAY } from '../../src/domain/duration.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { OperatorError } from '../../src/platform/operator-error.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { openClient } from './client.ts';
import { playScenes, SEED_OWNER, SEED_PASSWORD } from './scenes.ts';

/** How long before now the seeded history begins. */
const HISTORY_MS = 25 * DAY;

/**
 * Fills a database for development, with a history of some weeks; returns how to sign in. Throws an `OperatorError` if
 * the database has users. Without `database`, it opens and migrates the one that the configuration names.
 */
export async function seed(config: Config, now: number, database?: DatabaseHandle): Promise<string> {
  let time = now - HISTORY_MS;
  const app = await createApp(
    {
      ...config,
      ownerEmail: SEED_OWNER,
      ownerPassword: SEED_PASSWORD,
      // A scene of the history signs in once and lasts for days.
      limits: { ...config.limits, sessionIdleTimeout: null },
    },
    { clock: () => time, logger: createLogger('warn'), ...(database && { database }) },
  );
  try {
    if (!app.firstOwner) throw new OperatorError('the database has users: set DATABASE_URL to an empty one');
    const client = await openClient(app);
    const advance = (milliseconds: number) => {
      time = Math.min(now, time + milliseconds);
    };
    const { operator } = app.services;
    const secret = await playScenes({ mutate: client.mutate, operator, advance });
    await client.close();
    return [
      `Sign in as ${SEED_OWNER} (or grace@, alan@, barbara@, edsger@, linus@example.com).`,
      `The password of all is: ${SEED_PASSWORD}`,
      `The token "CI deploy" has the secret: ${secret}`,
    ].join('\n');
  } finally {
    await app.close();
  }
}
