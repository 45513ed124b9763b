/** What follows a change of a row of `tokens`. The name is that of the trigger, and of its function on PostgreSQL. */
export interface TokenTrigger {
  readonly name: string;
  /** Such as `insert`, or `update of` some columns. */
  readonly event: string;
  /** Statements, each with a semicolon. */
  readonly body: string;
  /** Without a condition, each row counts. */
  readonly condition?: string;
}

/** Returns the statements that create a trigger. */
export function triggerStatements(
  { name, event, body, condition }: TokenTrigger,
  isSqlite: boolean,
): string[] {
  const head = `create trigger ${name} after ${event} on tokens`;
  const when = condition === undefined ? '' : `when (${condition})`;
  if (isSqlite) return [`${head} ${when} begin ${body} end`];
  return [
    `create function ${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
    `${head} for each row ${when} execute function ${name}()`,
  ];
}
