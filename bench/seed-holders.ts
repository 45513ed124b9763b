import { DAY } from '../src/domain/duration.ts';
import { digestOf } from '../src/platform/hashing.ts';
import { openSqliteDatabase } from '../src/storage/open.ts';
import { fillSqlite, secretOf } from './seed.ts';

/** The users that are compared: one has a hundred tokens or ten workspaces, the other a thousand or a hundred times as many. */
export const HOLDERS = ['few', 'many'] as const;
export type HolderName = (typeof HOLDERS)[number];

/** How much each of the users has. */
export interface HolderSizes {
  readonly tokens: number;
  readonly auditEvents: number;
  readonly workspaces: number;
}

/** The secret of a token of a user that has every operation on everything. */
export const holderSecret = (name: HolderName) => secretOf(HOLDERS.indexOf(name));

/** The instant before which nothing happened, so that a share of the tokens has expired. */
const START = Date.now() - 30 * DAY;
const range = (count: number) =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;

/**
 * Returns the statements that fill the tables of a user. Of a hundred tokens, one is revoked, one disabled, and two derive from
 * another one; they expire evenly over a year. Nothing matches what the questions look for.
 */
function statementsFor(name: HolderName, { tokens, auditEvents, workspaces }: HolderSizes): string[] {
  const isDerived = 'i % 50 = 3';
  return [
    `insert into users (id, email, name, password_hash, created_at) values ('${name}', '${name}@example.com', '${name}', '-', 0)`,
    `insert into workspaces (id, name, slug, created_at, personal_tokens, require_expiry, token_roles)
      ${range(workspaces)} select '${name}-' || (1000000 + i), 'a', '${name}-' || i, i, 'ALLOWED', 0, 31 from n`,
    `insert into members (workspace_id, user_id, role, direct_role, given_role, joined_at)
      select id, '${name}', 1, 1, 1, 0 from workspaces where slug like '${name}-%'`,
    `insert into entity_types (workspace_id, name) select id, 'document' from workspaces where slug like '${name}-%'`,
    `insert into entity_operations (workspace_id, entity_type, name, role)
      select id, 'document', 'READ', 0 from workspaces where slug like '${name}-%'
      union all select id, 'document', 'DELETE', 4 from workspaces where slug like '${name}-%'`,
    `insert into tokens (id, kind, owner_id, created_by, parent_id, identifier, name, name_folded, search_text, secret_preview,
        access, created_at, updated_at, issued_at, expires_at, revoked_at, disabled_at)
      ${range(tokens)} select '${name}-' || (1000000 + i), 'PERSONAL', '${name}', '${name}',
        case when ${isDerived} then '${name}-' || (999997 + i) end, '${name}_' || i,
        'deploy ' || i, 'deploy ' || i, 'deploy ' || i || char(10) || char(10) || '${name}@example.com_' || i, 'pat_', 'SCOPED',
        ${START} + i, ${START} + i, ${START} + i, ${START} + (i * 7919 % 365) * ${DAY} + i * 104729 % ${DAY},
        case when i % 100 = 1 then ${START} + i end, case when i % 100 = 2 then ${START} + i end from n`,
    `insert into token_ancestors (token_id, ancestor_id)
      select id, parent_id from tokens where owner_id = '${name}' and parent_id is not null`,
    `insert into credential_uses (credential_id, at)
      select id, created_at + 1000 from tokens where owner_id = '${name}' and created_at % 2 = 0
      on conflict (credential_id) do update set at = excluded.at`,
    `insert into audit_events (id, at, action, user_id, target_id, detail)
      ${range(auditEvents)} select '${name}-' || (10000000 + i), ${START} + i, 'token.created', '${name}', 't' || i, '{}' from n`,
    `insert into tokens (id, kind, owner_id, identifier, name, name_folded, search_text, secret_preview, access, created_at,
        updated_at, issued_at, expires_at)
      values ('${name}-own', 'PERSONAL', '${name}', '${name}', 'own', 'own', 'own', 'pat_', 'SCOPED', ${START}, 0, ${Date.now()},
        ${Date.now() + DAY})`,
    `insert into token_scopes (id, token_id, entity_type, workspace_id, operations) values
      ('${name}-1', '${name}-own', 'document', '${name}-1000001', 'READ DELETE')`,
    `insert into token_secrets (digest, token_id) values ('${digestOf(holderSecret(name))}', '${name}-own')`,
  ];
}

/** Fills a new SQLite file with both users. */
export async function seedHolders(
  url: string,
  sizes: Readonly<Record<HolderName, HolderSizes>>,
): Promise<void> {
  await fillSqlite(url, async () => {});
  const handle = openSqliteDatabase(url);
  handle.connection.exec('begin');
  for (const name of HOLDERS) {
    for (const statement of statementsFor(name, sizes[name])) handle.connection.exec(statement);
  }
  handle.connection.exec('commit');
  await handle.close();
}
