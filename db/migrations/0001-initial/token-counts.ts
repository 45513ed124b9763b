import { type Kysely, sql } from 'kysely';

/** The state of a row of `tokens` that does not depend on the time. */
function stateOf(row: 'new' | 'old'): string {
  return `case when ${row}.revoked_at is not null then 'REVOKED'
    when ${row}.disabled_at is not null then 'DISABLED' else 'LIVE' end`;
}

/** The hour in which a live token expires; -1 if it never does, and 0 for other tokens, whose expiry does not matter. */
function hourOf(row: 'new' | 'old'): string {
  return `case when ${stateOf(row)} = 'LIVE' then coalesce(${row}.expires_at / 3600000, -1) else 0 end`;
}

function add(state: string, hour: string, condition: string): string {
  return `insert into token_counts (workspace_id, state, expires_hour, amount)
    select new.workspace_id, ${state}, ${hour}, 1 where ${condition}
    on conflict (workspace_id, state, expires_hour) do update set amount = token_counts.amount + 1;`;
}

const ADD_STATE = add(stateOf('new'), hourOf('new'), 'new.parent_id is null');
const SUBTRACT_STATE = `update token_counts set amount = amount - 1
  where workspace_id = old.workspace_id and old.parent_id is null
    and state = ${stateOf('old')} and expires_hour = ${hourOf('old')};`;

/** The columns that the state of a token depends on. */
const STATE_COLUMNS = ['revoked_at', 'disabled_at', 'expires_at'];

/** An update can set a column to its value: then it changes no counts. */
const CHANGES_STATE = STATE_COLUMNS.map((column) => `old.${column} is distinct from new.${column}`).join(
  ' or ',
);

/** What keeps the counts correct, by the event on `tokens`. */
const TRIGGERS = {
  insert: `${add("'ALL'", '0', 'new.federation_id is null')} ${ADD_STATE}`,
  [`update of ${STATE_COLUMNS}`]: `${SUBTRACT_STATE} ${ADD_STATE}`,
  delete: `update token_counts set amount = amount - 1
      where workspace_id = old.workspace_id and state = 'ALL' and expires_hour = 0
        and old.federation_id is null; ${SUBTRACT_STATE}`,
};

function statementsFor(event: string, body: string, isSqlite: boolean): string[] {
  const name = `token_counts_after_${event.split(' ')[0]}`;
  const row = event === 'delete' ? 'old' : 'new';
  const head = `create trigger ${name} after ${event} on tokens`;
  const isCounted = `${row}.workspace_id is not null`;
  const condition = event.startsWith('update') ? `${isCounted} and (${CHANGES_STATE})` : isCounted;
  if (isSqlite) return [`${head} when ${condition} begin ${body} end`];
  return [
    `create function ${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
    `${head} for each row when (${condition}) execute function ${name}()`,
  ];
}

/**
 * Creates the counts of the tokens of each workspace, so that the limit and the summary of a workspace take the same time for
 * a million tokens as for a thousand. `ALL` counts every token but those
 * of federations, of which only the unexpired ones count. The other states count those that derive from none, since a
 * derived token also depends on its ancestors.
 */
export async function createTokenCounts(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  await db.schema
    .createTable('token_counts')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id').onDelete('cascade'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('expires_hour', 'bigint', (c) => c.notNull())
    .addColumn('amount', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('token_counts_key', ['workspace_id', 'state', 'expires_hour'])
    .addCheckConstraint('token_counts_amount', sql`amount >= 0`)
    .addCheckConstraint('token_counts_state', sql`state in ('ALL', 'LIVE', 'DISABLED', 'REVOKED')`)
    .execute();
  // Finds the tokens that a shorter maximum lifetime would refuse.
  await sql`create index tokens_by_workspace_lifetime
    on tokens (workspace_id, (coalesce(expires_at - issued_at, 9000000000000000)))
    where workspace_id is not null and revoked_at is null`.execute(db);
  for (const [event, body] of Object.entries(TRIGGERS)) {
    for (const statement of statementsFor(event, body, isSqlite)) await sql.raw(statement).execute(db);
  }
}
