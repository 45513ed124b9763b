import { type Kysely, sql } from 'kysely';
import { type TokenTrigger, triggerStatements } from './token-triggers.ts';

/** The two kinds of holders, which have one index each, so that no index holds the tokens of the other kind. */
const HOLDERS = ['owner', 'workspace'] as const;

/** What orders a list by expiry: tokens without one come last. The text equals that of the queries. */
const EXPIRY = '(coalesce(expires_at, 9000000000000000))';

const TRIGGERS: readonly TokenTrigger[] = [
  // A token without a use comes first in the order of last use. A transfer has copied its use already.
  {
    name: 'credential_uses_after_insert',
    event: 'insert',
    body: `insert into credential_uses (credential_id, holder_id, at)
      values (new.id, coalesce(new.owner_id, new.workspace_id), 0) on conflict (credential_id) do nothing;`,
  },
  // Below a disabled or used-up token without this mark, nothing has to be looked for. It stays when the derived tokens are deleted.
  {
    name: 'tokens_have_derived',
    event: 'insert',
    body: 'update tokens set has_derived = 1 where id = new.parent_id and has_derived = 0;',
    condition: 'new.parent_id is not null',
  },
];

/**
 * Creates the indexes from which the lists of a user and of a workspace are read: one for each order, one for the
 * access level, and one for each state that few tokens have, so that a list of these does not read all the others. One more
 * finds the few tokens that can stop those that derive from them, and is unique because SQLite otherwise prefers the key. A
 * trigger gives each token a row of its last use, which orders the tokens that were never used, and another one marks the
 * tokens that others derive from.
 */
export async function createTokenListIndexes(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  for (const trigger of TRIGGERS) {
    for (const statement of triggerStatements(trigger, isSqlite)) await sql.raw(statement).execute(db);
  }
  for (const holder of HOLDERS) {
    const id = `${holder}_id`;
    const indexes = {
      name: [`${id}, name_folded, id`, `${id} is not null`],
      expiry: [`${id}, ${EXPIRY}, id`, `${id} is not null`],
      access: [`${id}, access, created_at, id`, `${id} is not null`],
      revoked: [`${id}, created_at, id`, `${id} is not null and revoked_at is not null`],
      disabled: [
        `${id}, has_derived, id`,
        `${id} is not null and disabled_at is not null and revoked_at is null`,
      ],
      used_up: [`${id}, has_derived, id`, `${id} is not null and uses_left = 0`],
      derived: [`${id}, id`, `${id} is not null and parent_id is not null`],
    };
    for (const [name, [columns, condition]] of Object.entries(indexes)) {
      const text = `create index tokens_by_${holder}_${name} on tokens (${columns}) where ${condition}`;
      await sql.raw(text).execute(db);
    }
  }
  await sql`create unique index tokens_stopping on tokens (id)
    where disabled_at is not null or uses_left is not null`.execute(db);
  await sql`create index tokens_by_creator on tokens (workspace_id, created_by, created_at, id)
    where workspace_id is not null and created_by is not null`.execute(db);
}
