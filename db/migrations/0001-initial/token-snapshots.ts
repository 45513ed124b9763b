import { type Kysely, sql } from 'kysely';

/** The columns of the tables that a token snapshot is built from, and the column that names the token concerned. */
const SOURCES = [
  {
    table: 'tokens',
    tokenId: 'id',
    columns:
      'kind, owner_id, workspace_id, parent_id, access, role, subject, networks, requests_per_minute, uses, issued_at, expires_at, disabled_at, revoked_at',
  },
  { table: 'token_secrets', tokenId: 'token_id', columns: 'digest, token_id, valid_until' },
  {
    table: 'token_scopes',
    tokenId: 'token_id',
    columns: 'id, token_id, entity_type, entity_id, workspace_id, operations',
  },
  { table: 'token_ancestors', tokenId: 'token_id', columns: 'token_id, ancestor_id' },
] as const;

/** A new row of this table changes no snapshot: a token has no secret before it exists. */
const WITHOUT_INSERT = 'tokens';

/**
 * Creates the table of token snapshots: what a token is, by the digest of its secret, as one row that is built from the
 * ordinary tables. A row exists only while it is correct: triggers delete it in the transaction that changes one of its
 * sources. It contains neither the user nor the ancestors of the token, so a change deletes the rows of one token,
 * however many derive from it.
 */
export async function createTokenSnapshots(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  const table = db.schema
    .createTable('token_snapshots')
    .addColumn('digest', 'text', (c) =>
      c.notNull().primaryKey().references('token_secrets.digest').onDelete('cascade'),
    )
    .addColumn('token_id', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text')
    .addColumn('ancestor_count', 'integer', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull());
  // The row is stored in the index of the primary key, so a lookup takes a fifth less time.
  await (isSqlite ? table.modifyEnd(sql`without rowid`) : table).execute();
  await db.schema.createIndex('token_snapshots_by_token').on('token_snapshots').column('token_id').execute();
  if (!isSqlite) {
    // A hash index has one page to read where those of primary keys have several, so PostgreSQL uses a fifth less CPU time
    // to find a token and its owner.
    await sql`create index token_snapshots_by_digest on token_snapshots using hash (digest)`.execute(db);
    await sql`create index users_by_id on users using hash (id)`.execute(db);
  }
  for (const statement of isSqlite ? sqliteTriggers() : POSTGRES_TRIGGERS) {
    await sql.raw(statement).execute(db);
  }
}

function sqliteTriggers(): string[] {
  // Looking for rows takes a tenth of the time of a delete without rows, and a new token has no rows.
  const invalidate = (ids: readonly string[]) => `
    when ${ids.map((id) => `exists (select 1 from token_snapshots where token_id = ${id})`).join(' or ')}
    begin delete from token_snapshots where token_id in (${ids.join(', ')}); end`;
  const inserts = SOURCES.filter(({ table }) => table !== WITHOUT_INSERT).map(
    ({ table, tokenId }) =>
      `create trigger token_snapshots_after_insert_of_${table} after insert on ${table} ${invalidate([`new.${tokenId}`])}`,
  );
  const changes = SOURCES.flatMap(({ table, tokenId, columns }) => [
    `create trigger token_snapshots_after_update_of_${table} after update of ${columns} on ${table}
     ${invalidate([`old.${tokenId}`, `new.${tokenId}`])}`,
    `create trigger token_snapshots_after_delete_of_${table} after delete on ${table}
     ${invalidate([`old.${tokenId}`])}`,
  ]);
  return [...inserts, ...changes];
}

/**
 * The statements have scalar variables and no list: PL/pgSQL keeps their plans, and would plan a list again for each row, which
 * takes fifteen times as long as the work. The update writes the row of the token concerned, if only as it was, so that even a
 * change without Postern's locks, in psql, waits for a transaction that stores a snapshot of the token.
 */
const postgresFunction = (tokenId: string) => `
  create function delete_token_snapshots_by_${tokenId}() returns trigger language plpgsql as $$
  begin
    if tg_op <> 'INSERT' then
      update tokens set updated_at = updated_at where id = old.${tokenId} and xmin <> pg_current_xact_id()::xid;
      delete from token_snapshots where token_id = old.${tokenId};
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.${tokenId} <> old.${tokenId}) then
      update tokens set updated_at = updated_at where id = new.${tokenId} and xmin <> pg_current_xact_id()::xid;
      delete from token_snapshots where token_id = new.${tokenId};
    end if;
    return null;
  end $$`;

const POSTGRES_TRIGGERS = [
  postgresFunction('id'),
  postgresFunction('token_id'),
  ...SOURCES.map(
    ({ table, tokenId, columns }) =>
      `create trigger token_snapshots_delete
        after ${table === WITHOUT_INSERT ? '' : 'insert or '}update of ${columns} or delete on ${table}
        for each row execute function delete_token_snapshots_by_${tokenId}()`,
  ),
];
