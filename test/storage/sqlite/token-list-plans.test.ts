import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TokenFilter } from '../../../src/domain/token.ts';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { pageTokens, type TokenListOrder } from '../../../src/storage/repositories/token-lists.ts';
import { openTestSqlite } from '../../support/database.ts';

const WINDOW = { limit: 20, backward: false, after: null, before: null };
const NEWEST: TokenListOrder = { field: 'CREATED_AT', direction: 'DESC' };

let database: SqliteHandle;
let statements: string[];
beforeEach(() => {
  statements = [];
  database = openTestSqlite(undefined, (sql) => void statements.push(String(sql)));
});
afterEach(() => database.close());

/** Returns the plan of the last statement of a page, with a line for each step. */
async function planOf(
  holder: { ownerId: string } | { workspaceId: string },
  filter: TokenFilter,
  order = NEWEST,
): Promise<string> {
  statements.length = 0;
  await pageTokens(database.db, holder, filter, order, WINDOW, 1000);
  const rows = database.connection.prepare(`explain query plan ${statements.at(-1)}`).all();
  return (rows as { detail: string }[]).map(({ detail }) => detail).join('\n');
}

describe.each([
  ['owner', { ownerId: 'a' }],
  ['workspace', { workspaceId: 'a' }],
] as const)('a page of the tokens of one %s', (kind, holder) => {
  test.each([
    ['CREATED_AT', `tokens_by_${kind} `],
    ['NAME', `tokens_by_${kind}_name `],
    ['EXPIRES_AT', `tokens_by_${kind}_expiry `],
  ] as const)('by %s is read from an index in both directions', async (field, index) => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const plan = await planOf(holder, {}, { field, direction });
      expect(plan).toContain(`USING INDEX ${index}`);
      expect(plan).not.toMatch(/TEMP B-TREE|SCAN tokens/);
    }
  });

  test.each([
    ['REVOKED', ['stopped']],
    ['DISABLED', ['stopped', 'derived']],
    ['EXPIRED', ['expiry']],
    ['USED_UP', ['used_up', 'derived']],
  ] as const)(
    'with the status %s is read from the indexes of the few that can have it',
    async (status, names) => {
      const plan = await planOf(holder, { status: [status] });
      for (const name of names) expect(plan).toContain(`INDEX tokens_by_${kind}_${name} `);
      expect(plan).toMatch(/SEARCH tokens USING INDEX sqlite_autoindex_tokens_\d \(id=\?\)/);
      expect(plan).not.toMatch(new RegExp(`SCAN tokens|INDEX tokens_by_${kind} `));
    },
  );
});

test('a page of the tokens of a creator is read from an index', async () => {
  const plan = await planOf({ workspaceId: 'a' }, { createdBy: 'b' });
  expect(plan).toContain('USING INDEX tokens_by_creator ');
  expect(plan).not.toContain('TEMP B-TREE');
});
