import { type Kysely, sql } from 'kysely';
import { type TokenTrigger, triggerStatements } from './token-triggers.ts';

type Row = 'new' | 'old';

/** The id of the user or workspace that a token belongs to. */
const holderOf = (row: Row) => `coalesce(${row}.owner_id, ${row}.workspace_id)`;

/** The state of a token by its own row, which does not depend on the time. */
const stateOf = (row: Row) => `case when ${row}.revoked_at is not null then 'REVOKED'
  when ${row}.disabled_at is not null then 'DISABLED' else 'LIVE' end`;

/** The period in which a live token expires; null for other tokens. */
const periodOf = (row: Row, milliseconds: number) =>
  `case when ${row}.revoked_at is null and ${row}.disabled_at is null then ${row}.expires_at / ${milliseconds} end`;

/** A state with a period. */
type Count = readonly [state: string, period: string];

/** What each token counts as. Without a period, it does not count. */
const countsOf = (row: Row): readonly Count[] => [
  [stateOf(row), '0'],
  ["'EXPIRING_2H'", periodOf(row, 7_200_000)],
  ["'EXPIRING_5D'", periodOf(row, 432_000_000)],
];

const add = (counts: readonly Count[]) => `
  insert into token_counts (holder_id, state, period, amount)
    select ${holderOf('new')}, column1, column2, 1
    from (values ${counts.map(([state, period]) => `(${state}, ${period})`)}) as counted where column2 is not null
    on conflict (holder_id, state, period) do update set amount = token_counts.amount + 1;`;

/** Subtracts 1, and deletes a row when nothing remains, so that none is left of a deleted workspace. */
const subtract = (counts: readonly Count[]) =>
  counts
    .map(([state, period]) => `holder_id = ${holderOf('old')} and state = ${state} and period = ${period}`)
    .map(
      (row) => `
        update token_counts set amount = amount - 1 where ${row};
        delete from token_counts where ${row} and amount = 0;`,
    )
    .join('');

/** The columns that the counts depend on. */
const STATE_COLUMNS = ['revoked_at', 'disabled_at', 'expires_at'];

/** An update can set a column to its value: then it changes no counts. */
const CHANGES_STATE = STATE_COLUMNS.map((column) => `old.${column} is distinct from new.${column}`).join(
  ' or ',
);

/** Returns what counts the tokens that have a column, which never changes. */
function countWith(column: string, state: string): TokenTrigger[] {
  const counts: readonly Count[] = [[`'${state}'`, '0']];
  const name = state.toLowerCase();
  return [
    {
      name: `token_counts_after_insert_${name}`,
      event: 'insert',
      body: add(counts),
      condition: `new.${column} is not null`,
    },
    {
      name: `token_counts_after_delete_${name}`,
      event: 'delete',
      body: subtract(counts),
      condition: `old.${column} is not null`,
    },
  ];
}

/** What keeps the counts correct. */
const TRIGGERS: readonly TokenTrigger[] = [
  { name: 'token_counts_after_insert', event: 'insert', body: add(countsOf('new')) },
  {
    name: 'token_counts_after_update',
    event: `update of ${STATE_COLUMNS}`,
    body: subtract(countsOf('old')) + add(countsOf('new')),
    condition: CHANGES_STATE,
  },
  { name: 'token_counts_after_delete', event: 'delete', body: subtract(countsOf('old')) },
  ...countWith('parent_id', 'DERIVED'),
  ...countWith('federation_id', 'FEDERATED'),
];

/**
 * Creates the counts of the tokens of each user and workspace, so that limits and summaries take the same time for a million
 * tokens as for a thousand. Each token counts as `LIVE`, `DISABLED` or `REVOKED` by its own row, derived tokens also as
 * `DERIVED`, and those of federations as `FEDERATED`. A live token that expires also counts by the two hours and by the five
 * days in which it does: the long periods keep few rows to add up, the short ones few tokens to count one by one.
 */
export async function createTokenCounts(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  const table = db.schema
    .createTable('token_counts')
    // No reference, because it has two kinds of holders. The last token of a holder takes the last row with it.
    .addColumn('holder_id', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('period', 'bigint', (c) => c.notNull())
    .addColumn('amount', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('token_counts_key', ['holder_id', 'state', 'period'])
    .addCheckConstraint('token_counts_amount', sql`amount >= 0`)
    .addCheckConstraint(
      'token_counts_state',
      sql`state in ('LIVE', 'DISABLED', 'REVOKED', 'DERIVED', 'FEDERATED', 'EXPIRING_2H', 'EXPIRING_5D')`,
    );
  await (isSqlite ? table.modifyEnd(sql`without rowid`) : table).execute();
  // Finds the tokens that a shorter maximum lifetime would refuse.
  await sql`create index tokens_by_workspace_lifetime
    on tokens (workspace_id, (coalesce(expires_at - issued_at, 9000000000000000)))
    where workspace_id is not null and revoked_at is null`.execute(db);
  for (const trigger of TRIGGERS) {
    for (const statement of triggerStatements(trigger, isSqlite)) await sql.raw(statement).execute(db);
  }
}
