import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { openTestDatabase } from '../support/database.ts';

type Row = Readonly<Record<string, unknown>>;

const USER = { id: 'u', email: 'u@example.com', name: 'U', password_hash: '-', created_at: 0 };
const POLICY = { personal_tokens: 'ALLOWED', max_lifetime: null, require_expiry: 0, token_roles: 31 };
const WORKSPACE = { id: 'w', name: 'W', slug: 'w', created_at: 0, ...POLICY };
const NAMES = { identifier: 'x', name: 'x', name_folded: 'x', search_text: 'x', secret_preview: 'x' };
const PERSONAL = {
  ...{ id: 't', kind: 'PERSONAL', owner_id: 'u', workspace_id: null, access: 'SCOPED', role: null },
  ...{ ...NAMES, created_at: 0, updated_at: 0, issued_at: 0 },
};
const OF_WORKSPACE = { kind: 'WORKSPACE', owner_id: null, workspace_id: 'w', access: 'ROLE', role: 4 };
const CHANNEL = { id: 'c', workspace_id: 'w', name: 'c', last_sequence: 0, created_at: 0, updated_at: 0 };
const GRANTER = { granter_id: 'u', granted_by: 'u', granted_by_token: null };

/** The rows that the valid rows refer to, in order. */
const BASE: readonly (readonly [string, Row])[] = [
  ['users', USER],
  ['workspaces', WORKSPACE],
  ['members', { workspace_id: 'w', user_id: 'u', role: 4, direct_role: 4, given_role: 4, joined_at: 0 }],
  ['identities', { id: 'i0', user_id: 'u', provider: 'corp', subject: 's0', linked_at: 0 }],
  ['tokens', PERSONAL],
  ['channels', CHANNEL],
  ['entity_types', { workspace_id: 'w', name: 'ticket', description: null }],
  ['stream_servers', { id: 's', lease_until: 0 }],
];

interface Case {
  /** A row that the database accepts. */
  readonly valid: Row;
  /** Changes to the row, each of which the database refuses. */
  readonly invalid: readonly Row[];
}

const MEMBER = { workspace_id: 'w', user_id: 'u2', joined_at: 0 };
const ROLES_REFUSED = [{ role: -1 }, { role: 5 }];

const CASES: Readonly<Record<string, Case>> = {
  workspaces: {
    valid: { ...WORKSPACE, id: 'w2', slug: 'w2', max_lifetime: 1, require_expiry: 1, token_roles: 0 },
    invalid: [
      { personal_tokens: 'SOMETIMES' },
      { max_lifetime: 0 },
      { max_lifetime: -1 },
      { owner_seen_within: 0 },
      { require_expiry: 2 },
      { token_roles: -1 },
      { token_roles: 32 },
    ],
  },
  members: {
    valid: { ...MEMBER, role: 2, direct_role: 1, given_role: 0, group_role: 2 },
    invalid: [
      ...ROLES_REFUSED,
      ...[{ given_role: -1 }, { given_role: 2 }, { direct_role: 5, role: 5 }, { group_role: 4, role: 4 }],
      ...[{ role: 1 }, { role: 3 }, { group_role: null }, { group_role: 0 }],
      { direct_role: null, given_role: null, group_role: null },
    ],
  },
  identities: {
    valid: {
      ...{ id: 'i', user_id: 'u', provider: 'corp', subject: 's', linked_at: 0 },
      ...{ groups_source: 'claim', groups_at: 0 },
    },
    invalid: [{ groups_source: 'other' }, { groups_at: null }, { groups_source: null }],
  },
  identity_groups: { valid: { identity_id: 'i0', name: 'g' }, invalid: [{ name: '' }] },
  group_roles: {
    valid: { workspace_id: 'w', provider: 'corp', group_name: 'g', role: 3 },
    invalid: [{ role: -1 }, { role: 4 }],
  },
  federations: {
    valid: {
      ...{
        id: 'f',
        workspace_id: 'w',
        created_by: 'u',
        grant_id: 'g',
        name: 'ci',
        issuer: 'i',
        audience: 'a',
      },
      ...{ claims: '[]', role: 3, scopes: null, max_lifetime: 1, single_use: 1, created_at: 0 },
    },
    invalid: [...ROLES_REFUSED, { max_lifetime: 0 }, { max_lifetime: 3_600_001 }, { single_use: 2 }],
  },
  used_jwts: { valid: { digest: 'd', expires_at: 0 }, invalid: [] },
  member_exclusions: { valid: { workspace_id: 'w', user_id: 'u', excluded_at: 0 }, invalid: [] },
  provider_sign_ins: {
    valid: {
      ...{ digest: 'd', intent: 'sign-in', user_id: null, return_to: '/', provider: 'corp', subject: 's' },
      ...{ email_verified: 1, authenticated_at: 0, issued_at: 0, expires_at: 0 },
    },
    invalid: [{ intent: 'other' }, { user_id: 'u' }, { intent: 'link' }, { email_verified: 2 }],
  },
  device_requests: {
    valid: {
      ...{ digest: 'd', user_code_digest: 'u', client_id: 'pat', client_name: 'pat', address: null },
      ...{ scopes: '[]', created_at: 0, expires_at: 1, poll_interval: 5, polled_at: null },
      ...{ status: 'PENDING', session_id: null, token: null },
    },
    invalid: [{ status: 'OTHER' }, { status: 'APPROVED' }, { token: '{}' }],
  },
  member_grants: {
    valid: { workspace_id: 'w', user_id: 'u', granter_id: 't', token_id: 't', role: 3 },
    invalid: ROLES_REFUSED,
  },
  entity_types: {
    valid: { workspace_id: 'w', name: 'invoice', description: null },
    invalid: [],
  },
  entity_operations: {
    valid: { workspace_id: 'w', entity_type: 'ticket', name: 'READ', description: null, role: 0 },
    invalid: ROLES_REFUSED,
  },
  token_counts: {
    valid: { holder_id: 'w', state: 'LIVE', period: 0, amount: 0 },
    invalid: [{ amount: -1 }, { state: 'SOME' }],
  },
  pending_cascades: {
    valid: {
      ...{ token_id: 't', user_id: 'u', workspace_id: null, at: 0, after_id: '', deletes_grants: 0 },
      ...{ takes_back: 0, actor: '{}', detail: '{}' },
    },
    invalid: [{ user_id: null }, { workspace_id: 'w' }, { deletes_grants: 2 }, { takes_back: 2 }],
  },
  pending_ends: {
    valid: {
      ...{
        id: 'e',
        number: 1,
        user_id: null,
        workspace_id: 'w',
        subject: null,
        created_by: null,
        issued_by: 't',
      },
      ...{
        since: 0,
        deletes: 0,
        deletes_grants: 0,
        at: 0,
        after_at: 0,
        after_id: '',
        actor: '{}',
        detail: '{}',
      },
    },
    invalid: [
      { number: 0 },
      { workspace_id: null },
      { user_id: 'u' },
      { issued_by: null },
      { deletes: 2 },
      { deletes_grants: 2 },
    ],
  },
  pending_grant_ends: {
    valid: {
      ...{ id: 'e', number: 1, kind: 'SHARES', user_id: null, workspace_id: 'w', token_id: null },
      ...{ recipient_id: 'u', at: 0, actor: null },
    },
    invalid: [
      { number: 0 },
      { kind: 'OTHER' },
      { kind: 'INVITATIONS' },
      { workspace_id: null },
      { user_id: 'u' },
      { user_id: 'u', workspace_id: null },
      { token_id: 't' },
      { recipient_id: null },
    ],
  },
  imported_secrets: { valid: { digest: 'd', sequence: 1, holder_id: 'u' }, invalid: [{ sequence: 0 }] },
  token_scopes: {
    valid: { id: 's', token_id: 't', entity_type: 'channel', operations: 'READ LIST' },
    invalid: [{ operations: '' }],
  },
  invitations: {
    valid: {
      ...{ id: 'i', workspace_id: 'w', email: 'i@example.com', role: 4, digest: 'i' },
      ...{ invited_by: null, invited_by_token: null, created_at: 0, expires_at: 1, void_reason: null },
    },
    invalid: [...ROLES_REFUSED, { invited_by_token: 't' }, { void_reason: 'TIRED' }],
  },
  users: {
    valid: { ...USER, id: 'u3', email: 'u3@example.com', password_temporary: 1 },
    invalid: [
      { password_temporary: 2 },
      { is_local: 2 },
      { deactivated_at: 0, deactivated_by: 'USER' },
      { deactivated_by: 'OPERATOR' },
    ],
  },
  reset_links: {
    valid: { user_id: 'u', digest: 'd', purpose: 'RESET', keeps_tokens: 0, created_at: 0, expires_at: 1 },
    invalid: [{ keeps_tokens: 2 }, { purpose: 'OTHER' }],
  },
  channels: {
    valid: { ...CHANNEL, id: 'c2' },
    invalid: [{ last_sequence: -1 }, { bytes_published: -1 }],
  },
  channel_shares: {
    valid: { channel_id: 'c', user_id: 'u', operation: 'READ', ...GRANTER },
    invalid: [
      { operation: '' },
      { granted_by: null },
      { granter_id: 't' },
      { granted_by_token: 't' },
      { granter_id: 't', granted_by: null },
    ],
  },
  messages: {
    valid: { id: 'm', channel_id: 'c', sequence: 1, payload: '{}', bytes_before: 0, published_at: 0 },
    invalid: [{ sequence: 0 }, { bytes_before: -1 }],
  },
  audit_events: {
    valid: { id: 'a', at: 0, action: 'user.created', actor_kind: null, detail: '{}' },
    invalid: [{ actor_kind: 'ANONYMOUS' }, { actor_kind: '' }],
  },
  attempt_counters: { valid: { key: 'k', attempts: 0, resets_at: 0 }, invalid: [{ attempts: -1 }] },
  stream_slots: {
    valid: { credential_id: 't', slot: 0, server_id: 's' },
    invalid: [{ slot: -1 }],
  },
  installation: { valid: { singleton: 1, id: 'i' }, invalid: [{ singleton: 0 }, { singleton: 2 }] },
};

const TOKENS_REFUSED: readonly Row[] = [
  { kind: 'SHARED' },
  { is_imported: 2 },
  { owner_id: null },
  { workspace_id: 'w' },
  { owner_id: null, workspace_id: 'w' },
  { access: 'ROLE' },
  { access: 'SOME' },
  { role: 1 },
  { ...OF_WORKSPACE, kind: 'PERSONAL' },
  { ...OF_WORKSPACE, owner_id: 'u' },
  { ...OF_WORKSPACE, workspace_id: null },
  { ...OF_WORKSPACE, access: 'FULL' },
  { ...OF_WORKSPACE, access: 'NONE' },
  { ...OF_WORKSPACE, subject: '' },
  { subject: 'acme' },
  { metadata: '{}' },
  { issued_by: 'x' },
  { requests_per_minute: 0 },
  { uses: 0, uses_left: 0 },
  { uses: 1 },
  { uses_left: 1 },
  { uses: 1, uses_left: -1 },
  { uses: 1, uses_left: 2 },
  { ...OF_WORKSPACE, role: null },
  { ...OF_WORKSPACE, role: -1 },
  { ...OF_WORKSPACE, role: 5 },
];

let handle: DatabaseHandle;

async function insert(table: string, row: Row): Promise<void> {
  const db = handle.db as unknown as Kysely<Record<string, Row>>;
  await db.insertInto(table).values(row).execute();
}

beforeEach(async () => {
  handle = await openTestDatabase();
  for (const [table, row] of BASE) await insert(table, row);
  await insert('users', { ...USER, id: 'u2', email: 'u2@example.com' });
});
afterEach(() => handle.close());

describe('the database refuses', () => {
  test.each(Object.entries(CASES))('invalid rows of %s', async (table, { valid, invalid }) => {
    for (const change of invalid) {
      await expect(insert(table, { ...valid, ...change }), JSON.stringify(change)).rejects.toThrow(/check/i);
    }
    await insert(table, valid);
  });

  test('tokens whose kind does not fit their owner, workspace, access and role', async () => {
    const other = { ...PERSONAL, id: 't2', identifier: 't2' };
    for (const change of TOKENS_REFUSED) {
      await expect(insert('tokens', { ...other, ...change }), JSON.stringify(change)).rejects.toThrow(
        /check/i,
      );
    }
    for (const access of ['NONE', 'SCOPED', 'FULL']) {
      await insert('tokens', { ...other, id: access, identifier: access, access });
    }
    for (const role of [0, 4]) {
      await insert('tokens', { ...other, ...OF_WORKSPACE, id: `r${role}`, identifier: `r${role}`, role });
    }
  });
});
