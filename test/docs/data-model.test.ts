import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { openTestSqlite } from '../support/database.ts';

const database = openTestSqlite();
afterAll(() => database.close());

const PAGE = readFileSync(new URL('../../docs/data-model.md', import.meta.url), 'utf8');

/** Returns the columns that the page lists, as `table.column`. */
function documented(): string[] {
  const [, ...sections] = PAGE.split(/^### `/m);
  return sections.flatMap((section) => {
    const table = section.slice(0, section.indexOf('`'));
    return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, column]) => `${table}.${column}`);
  });
}

test('docs/data-model.md lists every table and column of the schema, and no other', async () => {
  const tables = await database.db.introspection.getTables();
  const columns = tables.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`));
  expect(documented().sort()).toEqual(columns.sort());
});

test('docs/data-model.md says which columns can be null', async () => {
  const tables = await database.db.introspection.getTables();
  const nullable = tables.flatMap(({ name, columns }) =>
    columns.filter(({ isNullable }) => isNullable).map((column) => `${name}.${column.name}`),
  );
  const marked = [...PAGE.matchAll(/^(?:### `(\w+)`|\| `(\w+)` \| (\S+) )/gm)];
  let table = '';
  const documentedAsNullable = marked.flatMap(([, heading, column, type]) => {
    table = heading ?? table;
    return type?.endsWith('?') ? [`${table}.${column}`] : [];
  });
  expect(documentedAsNullable.sort()).toEqual(nullable.sort());
});
