import { apiKey, defaultKeyHasher } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import Database from 'better-sqlite3';

/** The permissions of every key, and the permission to check, like Postern's tokens and their checks of workspaces. */
const PERMISSIONS = { workspace: ['read'] };
/** More uses than a run makes, because a refusal would cost less. */
const MANY = 1_000_000_000;

function configure(file: string, rateLimit: boolean) {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  const options = {
    database,
    secret: 'a secret that nothing in this benchmark depends on',
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    plugins: [apiKey({ rateLimit: { enabled: rateLimit, maxRequests: MANY } })],
  };
  return { database, options };
}

/** The text of one of the keys, by its number. */
export function keyOf(n: number): string {
  return `benchmark${String(n).padStart(55, 'k')}`;
}

/**
 * Creates a database of better-auth with a number of keys, all of one user. The first is created through its API; the
 * others are copies of that row with another id and hash, because each call of the API takes a millisecond.
 */
export async function seedBetterAuth(file: string, keys: number, rateLimit: boolean): Promise<void> {
  const { database, options } = configure(file, rateLimit);
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const auth = betterAuth(options);
  await auth.api.createApiKey({
    body: { userId: 'user0', name: 'ci', permissions: PERMISSIONS, expiresIn: 300 * 24 * 60 * 60 },
  });
  const model = database.prepare('select * from apikey').get() as Record<string, unknown>;
  const columns = Object.keys(model);
  const insert = database.prepare(
    `insert into apikey (${columns.map((name) => `"${name}"`)}) values (${columns.map((name) => `@${name}`)})`,
  );
  const hashes: string[] = [];
  for (let n = 0; n < keys; n++) hashes.push(await defaultKeyHasher(keyOf(n)));
  database.transaction(() => {
    for (const [n, key] of hashes.entries()) insert.run({ ...model, id: `key${n}`, key });
  })();
  database.close();
}

/** Opens such a database; returns the function that verifies a key and a permission in process. */
export function openBetterAuth(file: string, rateLimit: boolean): (key: string) => Promise<boolean> {
  const auth = betterAuth(configure(file, rateLimit).options);
  return async (key) => {
    const { valid } = await auth.api.verifyApiKey({ body: { key, permissions: PERMISSIONS } });
    return valid;
  };
}
