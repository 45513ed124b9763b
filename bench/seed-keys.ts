import { DAY } from '../src/domain/duration.ts';
import { rankOf } from '../src/domain/roles.ts';
import { composeSecret } from '../src/domain/secret.ts';
import { DEFAULT_POLICY } from '../src/domain/workspace.ts';
import { digestOf } from '../src/platform/hashing.ts';
import { policyToColumns } from '../src/storage/codec.ts';
import { createIds, fillPostgres, fillSqlite, type Insert, type Row, userRow } from './seed.ts';

const AT_ONCE = 5000;
/** The number of keys of a customer. */
const KEYS_EACH = 10;

/** The subject of a key. */
export function subjectOf(n: number): string {
  return `customer ${Math.floor(n / KEYS_EACH)}`;
}

/** The secret of a key, by its number; the one after the last key is that of the backend. */
export function keySecretOf(n: number): string {
  const bits = Buffer.alloc(32);
  bits.writeUInt32BE(n, 28);
  return composeSecret('WORKSPACE', bits);
}

function keyRow(id: string, workspaceId: string, n: number, createdAt: number): Row<'tokens'> {
  const name = `key ${(n * 7919) % 1_000_003}`;
  return {
    id,
    kind: 'WORKSPACE',
    owner_id: null,
    workspace_id: workspaceId,
    created_by: null,
    parent_id: null,
    identifier: `keys_${n}`,
    name,
    name_folded: name,
    description: null,
    search_text: `${name}\n\nkeys_${n}`,
    secret_preview: 'wst_000000',
    access: 'SCOPED',
    role: rankOf('TEAM_MEMBER'),
    subject: subjectOf(n),
    created_at: createdAt,
    updated_at: createdAt,
    issued_at: createdAt,
    regenerated_at: null,
    expires_at: createdAt + 300 * DAY + (n % 1000) * 60_000,
    disabled_at: null,
    revoked_at: null,
  };
}

/** Inserts one workspace: keys of customers, one of a thousand revoked, and the token of a backend. */
async function fillKeys(insert: Insert, keys: number): Promise<void> {
  const now = Date.now();
  const newId = createIds(now);
  const [owner, workspaceId] = [userRow(newId(), 'owner', now), newId()];
  await insert('users', [owner]);
  const policy = policyToColumns(DEFAULT_POLICY);
  await insert('workspaces', [{ id: workspaceId, name: 'Keys', slug: 'keys', created_at: now, ...policy }]);
  const role = rankOf('OWNER');
  await insert('members', [
    {
      workspace_id: workspaceId,
      user_id: owner.id,
      role,
      direct_role: role,
      given_role: role,
      joined_at: now,
    },
  ]);
  for (let first = 0; first <= keys; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, keys + 1 - first);
    const rows = Array.from({ length: count }, (_, index): Row<'tokens'> => {
      const n = first + index;
      const row = keyRow(newId(), workspaceId, n, now - keys + n);
      if (n === keys) return { ...row, access: 'ROLE', role, subject: null };
      return n % 1000 === 1 ? { ...row, revoked_at: now } : row;
    });
    await insert('tokens', rows);
    await insert(
      'token_secrets',
      rows.map(({ id }, index) => {
        return { digest: digestOf(keySecretOf(first + index)), token_id: id, valid_until: null };
      }),
    );
    await insert(
      'token_scopes',
      rows.map(({ id }) => ({
        id: newId(),
        token_id: id,
        entity_type: 'channel',
        entity_id: null,
        workspace_id: workspaceId,
        operations: 'READ LIST',
      })),
    );
  }
}

/** Fills a new database of any engine with the keys of a workspace. */
export async function seedKeys(url: string, keys: number): Promise<void> {
  if (url.startsWith('file:')) return fillSqlite(url, (insert) => fillKeys(insert, keys));
  return fillPostgres(url, (insert) => fillKeys(insert, keys));
}
