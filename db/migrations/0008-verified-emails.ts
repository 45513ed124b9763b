import { type Kysely, SqliteAdapter, sql } from 'kysely';

const USER_COLUMNS = 'email, email_verified_at, deactivated_at';

/**
 * When the operator, or an identity provider later, vouched for the address of an account. Accounts that exist are
 * verified only if the audit log proves that the operator made them: the operator's rows have no actor, and those of an
 * invitation name the new user. A row past its retention proves nothing.
 *
 * An invitation that was withdrawn from its address says why, and stays in the list until it expires.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('users').addColumn('email_verified_at', 'bigint').execute();
  await sql`
    update users set email_verified_at = created_at where exists (
      select 1 from audit_events as made
      where made.user_id = users.id and made.action = 'user.created'
        and made.actor_id is null and made.actor_kind is null and made.detail not like '%invitation%')`.execute(
    db,
  );
  await db.schema.alterTable('invitations').addColumn('void_reason', 'text').execute();

  // What is kept of a token holds the verified address of its owner.
  await sql`delete from presented_tokens`.execute(db);
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter;
  for (const statement of isSqlite ? SQLITE_TRIGGER : POSTGRES_TRIGGER) await sql.raw(statement).execute(db);
}

const SQLITE_TRIGGER = [
  'drop trigger presented_tokens_after_update_of_users',
  `create trigger presented_tokens_after_update_of_users after update of ${USER_COLUMNS} on users begin
    delete from presented_tokens where token_id in (select id from tokens where owner_id = old.id);
  end`,
];

const POSTGRES_TRIGGER = [
  'drop trigger presented_tokens_forget on users',
  `create trigger presented_tokens_forget after update of ${USER_COLUMNS} or delete on users
    for each row execute function forget_presented_tokens_of_user()`,
];
