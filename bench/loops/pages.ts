import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { SessionPrincipal } from '../../src/domain/principal.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { reportLoop } from '../measured.ts';
import { BIG_OWNER } from '../seed.ts';

// Reads a page of twenty of one user's tokens, in process: the first, or with --deepest the last.
const config = readConfig({ ...process.env, POSTERN_LOG_LEVEL: 'warn' });
const database = await openDatabase(config.databaseUrl);
const { tokens } = (await createApp(config, { database })).services;
const owner = await database.db
  .selectFrom('users')
  .select('id')
  .where('email', '=', BIG_OWNER)
  .executeTakeFirstOrThrow();
const principal: SessionPrincipal = {
  kind: 'SESSION',
  sessionId: owner.id,
  userId: owner.id,
  verifiedEmail: BIG_OWNER,
  mustChangePassword: false,
  endsAt: Number.MAX_SAFE_INTEGER,
  authenticatedAt: 0,
  isJwt: false,
  isCommandLine: false,
};

async function beforeTheLast(): Promise<string | undefined> {
  const { edges } = await tokens.list(principal, { last: 21 }, {});
  return edges[0]?.cursor;
}

const after = process.argv.includes('--deepest') ? await beforeTheLast() : null;

reportLoop(async () => {
  const { edges } = await tokens.list(principal, { first: 20, after }, {});
  if (edges.length !== 20) throw new Error(`a page of ${edges.length}`);
});
