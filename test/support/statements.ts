import { openTestSqlite } from './database.ts';

/** Transaction control, the statement that holds a shared read, the version of the database, and the statements of triggers. */
const NOT_COUNTED = /^(?:begin|commit|rollback|savepoint|release|pragma|--)|total_changes|sqlite_schema/i;

/** Returns a statement as its verb and its first table, such as `select tokens`. */
function summarize(sql: string): string {
  // A prepared query returns its rows as JSON arrays; the query itself is in the parentheses.
  let text = /^with found \(.*?\) as \((.*)\) select json_array/s.exec(sql)?.[1] ?? sql;
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\([^()]*\)/g, '');
  }
  const [, table = ''] = /\b(?:from|into|update) "?(\w+)"?/i.exec(text) ?? [];
  return `${text.trim().split(/\s/)[0]} ${table}`;
}

/** Opens a database that records its statements. `recorded` returns those since its last call, in their order. */
export function openRecordedDatabase() {
  const statements: string[] = [];
  const database = openTestSqlite(undefined, (sql) => void statements.push(String(sql)));
  return {
    database,
    recorded: () =>
      statements
        .splice(0)
        .filter((sql) => !NOT_COUNTED.test(sql))
        .map(summarize),
  };
}
