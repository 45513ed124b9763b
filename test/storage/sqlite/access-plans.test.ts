import { expect, test } from 'vitest';
import { findDeclarations, findLeastRole } from '../../../src/storage/repositories/entity-types.ts';
import { openTestSqlite } from '../../support/database.ts';

test('a check in all workspaces reads only those in which the role of the user can be high enough', async () => {
  const statements: string[] = [];
  const database = openTestSqlite(undefined, (sql) => void statements.push(String(sql)));
  const planOf = (text: string) =>
    (database.connection.prepare(`explain query plan ${text}`).all() as { detail: string }[])
      .map(({ detail }) => detail)
      .join('\n');
  const operation = { entityType: 'document', operation: 'READ' } as const;

  await findLeastRole(database.db, operation);
  expect(planOf(statements.at(-1) as string)).toContain('INDEX entity_operations_by_role (<expr>=?)');
  for (const onlyHeld of [true, false]) {
    const after = { role: 'TEAM_MEMBER', workspaceId: '' } as const;
    const window = { after, limit: 1, onlyHeld, workspaceIds: null };
    await findDeclarations(database.db, 'u', operation, window);
    const plan = planOf(statements.at(-1) as string);
    expect(plan).toContain('INDEX members_by_user (user_id=? AND (role,workspace_id)>(?,?))');
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN [mew]\b/);
  }
  await database.close();
});
