import { type Kysely, SqliteAdapter, sql } from 'kysely';

/** The columns of the tables from which it follows what a secret opens, and where each names the token concerned. */
const SOURCES = [
  {
    table: 'tokens',
    tokenId: 'id',
    columns:
      'kind, owner_id, workspace_id, parent_id, access, role, issued_at, expires_at, disabled_at, revoked_at',
  },
  { table: 'token_secrets', tokenId: 'token_id', columns: 'digest, token_id, valid_until' },
  {
    table: 'token_scopes',
    tokenId: 'token_id',
    columns: 'id, token_id, entity_type, entity_id, workspace_id, operations',
  },
  { table: 'token_ancestors', tokenId: 'token_id', columns: 'token_id, ancestor_id' },
] as const;

/** Where something new changes nothing that is kept: a token has no secret before it is there. */
const NEVER_MISSED = 'tokens';

const USER_COLUMNS = 'email, deactivated_at';

/**
 * What a secret opens, as one row to decide on: worked out from the ordinary tables, which stay the truth. A row stands
 * here only as long as it is right: whoever changes what it was worked out from, by whatever way, deletes it in the same
 * transaction. That is what the triggers are for.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter;
  const table = db.schema
    .createTable('presented_tokens')
    .addColumn('digest', 'text', (c) => c.primaryKey().references('token_secrets.digest').onDelete('cascade'))
    .addColumn('token_id', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull());
  // The row itself at the end of the way through the index, not where to look for it: a fifth of the time less.
  await (isSqlite ? table.modifyEnd(sql`without rowid`) : table).execute();
  await db.schema
    .createIndex('presented_tokens_by_token')
    .on('presented_tokens')
    .column('token_id')
    .execute();
  for (const statement of isSqlite ? sqliteTriggers() : POSTGRES_TRIGGERS) {
    await sql.raw(statement).execute(db);
  }
}

function sqliteTriggers(): string[] {
  // To look whether there is anything to delete takes a tenth of what deleting nothing takes: a new token has nothing yet.
  const someOf = (table: string, column: string, ids: readonly string[]) =>
    ids.map((id) => `exists (select 1 from ${table} where ${column} = ${id})`).join(' or ');
  const forget = (ids: readonly string[]) => `
    when ${someOf('presented_tokens', 'token_id', ids)} or ${someOf('token_ancestors', 'ancestor_id', ids)}
    begin
      delete from presented_tokens where token_id in (
        ${ids.map((id) => `select ${id}`).join(' union all ')}
        union all select token_id from token_ancestors where ancestor_id in (${ids.join(', ')}));
    end`;
  const inserting = SOURCES.filter(({ table }) => table !== NEVER_MISSED).map(
    ({ table, tokenId }) =>
      `create trigger presented_tokens_after_insert_of_${table} after insert on ${table} ${forget([`new.${tokenId}`])}`,
  );
  const ofTokens = SOURCES.flatMap(({ table, tokenId, columns }) => [
    `create trigger presented_tokens_after_update_of_${table} after update of ${columns} on ${table}
     ${forget([`old.${tokenId}`, `new.${tokenId}`])}`,
    `create trigger presented_tokens_after_delete_of_${table} after delete on ${table}
     ${forget([`old.${tokenId}`])}`,
  ]);
  const ofUsers = ['update', 'delete'].map((event) => {
    const columns = event === 'update' ? `of ${USER_COLUMNS}` : '';
    return `create trigger presented_tokens_after_${event}_of_users after ${event} ${columns} on users begin
      delete from presented_tokens where token_id in (select id from tokens where owner_id = old.id);
    end`;
  });
  return [...inserting, ...ofTokens, ...ofUsers];
}

/**
 * Here transactions run at once, and one does not see what another has not committed. So whoever changes something
 * writes the row of the token or the user concerned, if only as it was, and whoever stores what follows from them locks
 * these rows: of the two, the later one waits, and then fails or sees what the earlier one did.
 */
const POSTGRES_TRIGGERS = [
  `create function hold_what_is_presented() returns trigger language plpgsql as $$
  begin
    perform from users where id = (select owner_id from tokens where id = new.token_id) for share;
    perform from tokens where id = new.token_id
      or id in (select ancestor_id from token_ancestors where token_id = new.token_id) for share;
    return new;
  end $$`,
  `create trigger presented_tokens_hold before insert or update on presented_tokens
    for each row execute function hold_what_is_presented()`,

  `create function forget_presented_tokens() returns trigger language plpgsql as $$
  declare
    ids text[] := '{}';
  begin
    if tg_op <> 'INSERT' then ids := ids || (to_jsonb(old) ->> tg_argv[0]); end if;
    if tg_op <> 'DELETE' then ids := ids || (to_jsonb(new) ->> tg_argv[0]); end if;
    update tokens set updated_at = updated_at where id = any(ids) and xmin <> pg_current_xact_id()::xid;
    delete from presented_tokens where token_id in (
      select unnest(ids) union all select token_id from token_ancestors where ancestor_id = any(ids));
    return null;
  end $$`,
  ...SOURCES.map(
    ({ table, tokenId, columns }) =>
      `create trigger presented_tokens_forget
        after ${table === NEVER_MISSED ? '' : 'insert or '}update of ${columns} or delete on ${table}
        for each row execute function forget_presented_tokens('${tokenId}')`,
  ),

  `create function forget_presented_tokens_of_user() returns trigger language plpgsql as $$
  begin
    delete from presented_tokens where token_id in (select id from tokens where owner_id = old.id);
    return null;
  end $$`,
  `create trigger presented_tokens_forget after update of ${USER_COLUMNS} or delete on users
    for each row execute function forget_presented_tokens_of_user()`,
];
