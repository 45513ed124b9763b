import { randomBytes } from 'node:crypto';
import { composeSecret, displayPart } from '../src/domain/secret.ts';
import { digestOf } from '../src/platform/hashing.ts';
import { systemIds } from '../src/platform/ids.ts';
import { openDatabase } from '../src/storage/database.ts';
import { migrateToLatest } from '../src/storage/migrations.ts';

const USERS = 1000;
const IN_USE = 2000;
const YEAR = 365 * 24 * 60 * 60 * 1000;

/** What the load is made with. */
export interface Seed {
  /** Secrets of SCOPED tokens that may list tokens and read workspaces. */
  readonly secrets: readonly string[];
}

/** Fills a new database with users and tokens, and hands out the secrets of some of them. */
export async function seedDatabase(url: string, tokens: number): Promise<Seed> {
  const handle = await openDatabase(url);
  await migrateToLatest(handle);
  const now = Date.now();
  const secrets: string[] = [];
  await handle.transact(async (tx) => {
    const users = Array.from({ length: USERS }, (_, n) => ({
      id: systemIds(),
      email: `user${n}@example.com`,
    }));
    for (const { id, email } of users) {
      await tx
        .insertInto('users')
        .values({ id, email, name: email, password_hash: '-', created_at: now, deactivated_at: null })
        .execute();
    }
    for (let n = 0; n < tokens; n++) {
      const owner = users[n % USERS] as { id: string; email: string };
      const secret = composeSecret('PERSONAL', randomBytes(32));
      if (n < IN_USE) secrets.push(secret);
      const id = systemIds();
      await tx
        .insertInto('tokens')
        .values({
          id,
          kind: 'PERSONAL',
          owner_id: owner.id,
          workspace_id: null,
          created_by: owner.id,
          parent_id: null,
          identifier: `${owner.email}_${n}`,
          name: `token ${n}`,
          name_folded: `token ${n}`,
          description: null,
          search_text: `token ${n}`,
          display: displayPart(secret),
          access: 'SCOPED',
          role: null,
          created_at: now - n,
          updated_at: now - n,
          issued_at: now - n,
          regenerated_at: null,
          expires_at: now + YEAR,
          disabled_at: null,
          revoked_at: null,
        })
        .execute();
      await tx
        .insertInto('token_secrets')
        .values({ digest: digestOf(secret), token_id: id, valid_until: null })
        .execute();
      for (const entity_type of ['token', 'workspace']) {
        await tx
          .insertInto('token_scopes')
          .values({
            id: systemIds(),
            token_id: id,
            entity_type,
            entity_id: null,
            workspace_id: null,
            operations: 6,
          })
          .execute();
      }
    }
  });
  await handle.close();
  return { secrets };
}
