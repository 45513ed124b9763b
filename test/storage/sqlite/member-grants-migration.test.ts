import { expect, test } from 'vitest';
import { openSqliteDatabase } from '../../../src/storage/database.ts';
import { MIGRATIONS, migrateToLatest } from '../../../src/storage/migrations.ts';

const NAME = '0007-member-grants';

test('roles from before count as given by a person, and open invitations of tokens to the role Owner end', async () => {
  const handle = openSqliteDatabase('file::memory:');
  const before = Object.entries(MIGRATIONS).filter(([name]) => name < NAME);
  await migrateToLatest(handle, { migrations: Object.fromEntries(before) });
  handle.connection.exec(`
    insert into users (id, email, name, password_hash, created_at) values ('u', 'u@example.com', 'U', 'x', 1);
    insert into workspaces (id, name, slug, created_at, personal_tokens, require_expiry, token_roles)
      values ('w', 'W', 'w', 1, 'ALLOWED', 0, 31);
    insert into members (workspace_id, user_id, role, joined_at) values ('w', 'u', 3, 1);
    insert into tokens (id, kind, workspace_id, identifier, name, name_folded, search_text, display, access, role,
      created_at, updated_at, issued_at) values ('t', 'WORKSPACE', 'w', 'w_t', 't', 't', 't', 'wst_', 'ROLE', 4, 1, 1, 1);
    insert into invitations (id, workspace_id, email, role, digest, invited_by, invited_by_token, created_at, expires_at)
      values ('token-owner', 'w', 'a@example.com', 4, 'a', null, 't', 1, 9e12),
             ('token-viewer', 'w', 'b@example.com', 0, 'b', null, 't', 1, 9e12),
             ('person-owner', 'w', 'c@example.com', 4, 'c', 'u', null, 1, 9e12);`);
  await migrateToLatest(handle);
  const member = await handle.db.selectFrom('members').select(['role', 'given_role']).executeTakeFirst();
  expect(member).toEqual({ role: 3, given_role: 3 });
  const invitations = await handle.db.selectFrom('invitations').select('id').orderBy('id').execute();
  expect(invitations.map(({ id }) => id)).toEqual(['person-owner', 'token-viewer']);
  await handle.close();
});
