import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TokenFilter } from '../../../src/domain/token.ts';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { countAuditEvents, pageAuditEvents } from '../../../src/storage/repositories/audit-events.ts';
import { summariseTokens } from '../../../src/storage/repositories/token-counts.ts';
import {
  countTokens,
  pageTokens,
  type TokenListOrder,
} from '../../../src/storage/repositories/token-lists.ts';
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
    ['LAST_USED_AT', 'credential_uses_by_holder '],
  ] as const)('by %s is read from an index in both directions', async (field, index) => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const plan = await planOf(holder, {}, { field, direction });
      expect(plan).toMatch(new RegExp(`USING (COVERING )?INDEX ${index}`));
      expect(plan).not.toMatch(/TEMP B-TREE|SCAN tokens/);
    }
  });

  test('finds the ancestors that stop a token in the index of those that can', async () => {
    const plan = await planOf(holder, {});
    expect(plan).toContain('SEARCH l USING COVERING INDEX sqlite_autoindex_token_ancestors_1 (token_id=?)');
    expect(plan).toContain('SEARCH a USING INDEX tokens_stopping (id=?)');
  });

  test.each([
    ['REVOKED', 'revoked', 'revoked_at = 1'],
    ['DISABLED', 'disabled', 'disabled_at = 1'],
    ['EXPIRED', 'expiry', 'expires_at = 500'],
    ['USED_UP', 'used_up', 'uses = 1, uses_left = 0'],
  ] as const)(
    'with the status %s is read from the index of the few that can have it',
    async (status, name, columns) => {
      fillTokens(kind);
      database.connection.exec(`update tokens set ${columns} where id = '5'`);
      const plan = await planOf(holder, { status: [status] });
      expect(plan).toContain(`INDEX tokens_by_${kind}_${name} `);
      expect(plan).toMatch(/SEARCH tokens USING INDEX sqlite_autoindex_tokens_\d \(id=\?\)/);
      expect(plan).not.toMatch(new RegExp(`SCAN tokens|INDEX tokens_by_${kind} `));
    },
  );
});

/** Returns the plan of each statement that contains a text, with a line for each step. */
function plansOf(part: string): string[] {
  const found = statements.splice(0).filter((text) => text.includes(part));
  return found.map((text) => {
    const rows = database.connection.prepare(`explain query plan ${text}`).all();
    return (rows as { detail: string }[]).map(({ detail }) => detail).join('\n');
  });
}

const plansAbout = (table: string) => plansOf(table).join('\n');

/** Stores more tokens of a user or workspace than a chunk has, of which one is the parent of all others if `areDerived`. */
function fillTokens(kind: 'owner' | 'workspace', areDerived = false): void {
  const isOwner = kind === 'owner';
  const [type, access, role] = isOwner ? ["'PERSONAL'", "'FULL'", 'null'] : ["'WORKSPACE'", "'ROLE'", '1'];
  database.connection.exec(`
    insert into users (id, email, name, created_at) values ('a', 'a@example.com', 'a', 0);
    insert into workspaces (id, name, slug, created_at, personal_tokens, require_expiry, token_roles)
      values ('a', 'a', 'a', 0, 'ALLOWED', 0, 31);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 1100)
    insert into tokens (id, kind, ${kind}_id, identifier, name, name_folded, search_text, secret_preview, access, role,
        created_at, updated_at, issued_at, expires_at, parent_id)
      select i, ${type}, 'a', i, i, i, i, '', ${access}, ${role}, i, i, i, 2000 + i, iif(${areDerived} and i > 1, 1, null) from n`);
}

describe.each([
  ['user', { userId: 'a' }],
  ['workspace', { workspaceId: 'a' }],
] as const)('the log of a %s', (kind, log) => {
  test('is read from its index, newest first', async () => {
    await pageAuditEvents(database.db, log, {}, WINDOW, true);
    const plans = plansAbout('audit_events');
    expect(plans).toContain(`USING INDEX audit_events_by_${kind} `);
    expect(plans).not.toMatch(/TEMP B-TREE|SCAN audit_events/);
  });

  test('filtered by actions is read from the index of actions', async () => {
    const filter = { actions: ['user.created', 'user.updated'], since: 5 } as const;
    await pageAuditEvents(database.db, log, filter, { ...WINDOW, after: { key: 5, id: 'x' } }, true);
    await countAuditEvents(database.db, log, filter);
    const plans = plansAbout('audit_events');
    expect(plans).toContain(`INDEX audit_events_by_${kind}_action (${kind}_id=? AND action=? AND `);
    expect(plans).not.toMatch(new RegExp(`SCAN audit_events|INDEX audit_events_by_${kind} `));
  });
});

describe.each([
  ['owner', { ownerId: 'a' }],
  ['workspace', { workspaceId: 'a' }],
] as const)('of the tokens of one %s', (kind, holder) => {
  test.each([
    ['CREATED_AT', 'created_at'],
    ['NAME', 'name_folded'],
    ['EXPIRES_AT', ''],
  ] as const)('a chunk by %s is read from its index', async (field, key) => {
    fillTokens(kind);
    statements.length = 0;
    const filter = { access: ['FULL', 'ROLE'], status: ['ACTIVE'] } as TokenFilter;
    const window = { ...WINDOW, after: { key: field === 'NAME' ? '' : 0, id: '' } };
    await pageTokens(database.db, holder, filter, { field, direction: 'ASC' }, window, 1000);
    const [chunk] = plansOf("(tokens.access || '')");
    const range =
      field === 'EXPIRES_AT' ? '<expr>>? AND <expr><?' : `(${key},id)>(?,?) AND (${key},id)<(?,?)`;
    expect(chunk).toContain(`(${kind}_id=? AND ${range})`);
    expect(chunk).not.toMatch(/TEMP B-TREE|SCAN tokens|_access/);
  });

  test('no list is read if none meets a condition of the filter', async () => {
    fillTokens(kind);
    statements.length = 0;
    for (const filter of [{ search: 'absent' }, { status: ['USED_UP'] }, { expiresBefore: 1 }] as const) {
      const page = await pageTokens(database.db, holder, filter, NEWEST, WINDOW, 1000);
      expect(page).toEqual({ edges: [], hasNextPage: false, hasPreviousPage: false });
      expect(await countTokens(database.db, holder, filter, 1000)).toBe(0);
    }
    expect(plansOf('order by "tokens"."created_at"')).toEqual([]);
  });

  test('the disabled ones are read without the revoked ones, however many these are', async () => {
    fillTokens(kind);
    database.connection.exec('update tokens set disabled_at = 1, revoked_at = iif(id = 5, null, 1)');
    const plan = await planOf(holder, { status: ['DISABLED'] });
    expect(plan).toContain(`INDEX tokens_by_${kind}_disabled `);
    expect(plan).not.toMatch(new RegExp(`SCAN tokens|INDEX tokens_by_${kind} |_revoked`));
  });

  test('the summary reads counts, and tokens only by their expiry, their uses or their stop', async () => {
    await summariseTokens(database.db, holder, {}, 1000);
    const plans = plansAbout('token_counts');
    for (const name of ['expiry', 'used_up']) expect(plans).toContain(`INDEX tokens_by_${kind}_${name} `);
    expect(plans).not.toMatch(new RegExp(`SCAN tokens|INDEX tokens_by_${kind} `));
    expect(plans).toContain('USING PRIMARY KEY (holder_id=? AND state=? AND period>? AND period<?)');
  });

  test('the summary looks only below stopped tokens that have been derived from', async () => {
    fillTokens(kind, true);
    await summariseTokens(database.db, holder, {}, 1000);
    const plans = plansAbout('token_ancestors');
    for (const name of ['disabled', 'used_up']) {
      expect(plans).toContain(`INDEX tokens_by_${kind}_${name} (${kind}_id=? AND has_derived=?)`);
    }
    expect(plans).not.toMatch(new RegExp(`SCAN tokens|INDEX tokens_by_${kind} `));
  });
});

test('a page of the tokens of a creator is read from an index', async () => {
  const plan = await planOf({ workspaceId: 'a' }, { createdBy: 'b' });
  expect(plan).toContain('USING INDEX tokens_by_creator ');
  expect(plan).not.toContain('TEMP B-TREE');
});
