import type { Insertable } from 'kysely';
import { decodeGlobalId, toGlobalId } from '../../src/domain/global-id.ts';
import { rankOf } from '../../src/domain/roles.ts';
import { BUILT_IN_OPERATIONS, OPERATIONS, roleForOperation } from '../../src/domain/scopes.ts';
import { systemIds } from '../../src/platform/ids.ts';
import type { Executor } from '../../src/storage/database.ts';
import type { Tables } from '../../src/storage/tables.ts';
import type { Person, TestApp } from '../support/app.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

/** The numbers of rows that a database is filled with. */
export interface Sizes {
  readonly workspaces: number;
  readonly channels: number;
  /** Members of the owner's workspace, who share its first channel too. */
  readonly people: number;
  /** Messages in each of the first channels. */
  readonly messages: number;
  readonly messageBytes: number;
  readonly auditEvents: number;
  /** Personal tokens of the owner, and workspace tokens. */
  readonly personalTokens: number;
  readonly workspaceTokens: number;
}

/** The callers of a full database, by name; `null` is anonymous. Ids are global ids. */
export interface FullDatabase {
  /** The secret of a personal token of a user that none of the callers can see. */
  readonly bystander: string;
  readonly callers: Readonly<Record<string, string | null>>;
  readonly ids: Readonly<Record<'Token' | 'Workspace' | 'Channel' | 'User', readonly string[]>>;
}

const CHANNELS_WITH_MESSAGES = 5;
const ROWS_A_STATEMENT = 200;

async function insertAll<T extends keyof Tables & string>(
  db: Executor,
  table: T,
  rows: readonly Insertable<Tables[T]>[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    await db
      .insertInto(table)
      .values(rows.slice(start, start + ROWS_A_STATEMENT) as never)
      .execute();
  }
}

function times<T>(count: number, make: (place: number) => T): T[] {
  return Array.from({ length: count }, (_, place) => make(place));
}

/** JSON of about this many bytes, of many small values, which take longest to parse. */
function payloadOf(bytes: number): string {
  return JSON.stringify(times(Math.floor(bytes / 8), (place) => [place % 10, {}]));
}

/** A member with a role that a person gave. */
function memberRow(workspaceId: string, userId: string, role: number, joinedAt: number) {
  const roles = { role, direct_role: role, given_role: role };
  return { workspace_id: workspaceId, user_id: userId, ...roles, joined_at: joinedAt };
}

async function fillWorkspaces({ database, owner, now }: TestApp, sizes: Sizes): Promise<string[]> {
  const { db } = database;
  const ownerId = decodeGlobalId('User', owner.id);
  const policy = { personal_tokens: 'ALLOWED', max_lifetime: null, require_expiry: 0, token_roles: 31 };
  const workspaces = times(sizes.workspaces, () => systemIds());
  await insertAll(
    db,
    'workspaces',
    workspaces.map((id, n) => ({ id, name: `w${n}`, slug: `w-${n}`, created_at: now() + n, ...policy })),
  );
  const role = rankOf('OWNER');
  await insertAll(
    db,
    'members',
    workspaces.map((id) => memberRow(id, ownerId, role, now())),
  );
  await insertAll(
    db,
    'entity_types',
    workspaces.map((id) => ({
      workspace_id: id,
      name: 'repository',
      description: null,
    })),
  );
  await insertAll(
    db,
    'entity_operations',
    workspaces.flatMap((workspace_id) =>
      OPERATIONS.map((name) => ({
        workspace_id,
        entity_type: 'repository',
        name,
        description: null,
        role: rankOf(roleForOperation(name)),
      })),
    ),
  );
  return workspaces;
}

async function fillPeople(postern: TestApp, sizes: Sizes): Promise<string[]> {
  const { db } = postern.database;
  const people = times(sizes.people, () => systemIds());
  await insertAll(
    db,
    'users',
    people.map((id, n) => ({
      id,
      email: `p${n}@example.com`,
      name: `Person ${n}`,
      password_hash: 'none',
      created_at: postern.now(),
      deactivated_at: null,
      email_verified_at: null,
    })),
  );
  const workspace_id = decodeGlobalId('Workspace', postern.workspaceId);
  await insertAll(
    db,
    'members',
    people.map((userId, n) => memberRow(workspace_id, userId, 0, postern.now() + n)),
  );
  return people;
}

async function fillChannels(
  postern: TestApp,
  sizes: Sizes,
  { workspaces, people }: { workspaces: readonly string[]; people: readonly string[] },
): Promise<string[]> {
  const { db } = postern.database;
  const now = postern.now();
  const homes = [decodeGlobalId('Workspace', postern.workspaceId), ...workspaces];
  const channels = times(sizes.channels, () => systemIds());
  await insertAll(
    db,
    'channels',
    channels.map((id, n) => ({
      id,
      // The owner's own workspace has a tenth of them, the first included.
      workspace_id: (n % 10 === 0 ? homes[0] : homes[n % homes.length]) as string,
      name: `channel ${n}`,
      description: null,
      last_sequence: sizes.messages,
      created_at: now + n,
      updated_at: now,
    })),
  );
  const operations = BUILT_IN_OPERATIONS.channel.filter((each) => each !== 'CREATE');
  const granter = decodeGlobalId('User', postern.owner.id);
  await insertAll(
    db,
    'channel_shares',
    people.flatMap((user_id) =>
      operations.map((operation) => ({
        channel_id: channels[0] as string,
        user_id,
        operation,
        granter_id: granter,
        granted_by: granter,
        granted_by_token: null,
      })),
    ),
  );
  const payload = payloadOf(sizes.messageBytes);
  for (const channel_id of channels.slice(0, CHANNELS_WITH_MESSAGES)) {
    const rows = times(sizes.messages, (n) => ({
      id: systemIds(),
      channel_id,
      sequence: n + 1,
      payload,
      bytes_before: n * payload.length,
      published_at: now,
      publisher_id: people[n % people.length] ?? null,
    }));
    await insertAll(db, 'messages', rows);
  }
  return channels;
}

async function fillAuditLog(postern: TestApp, sizes: Sizes, people: readonly string[]): Promise<void> {
  const { db } = postern.database;
  const detail = JSON.stringify({ scopes: times(64, (n) => ({ entityType: 'channel', entityId: `${n}` })) });
  await insertAll(
    db,
    'audit_events',
    times(sizes.auditEvents, (n) => ({
      id: systemIds(),
      at: postern.now() + n,
      action: 'token.created',
      user_id: decodeGlobalId('User', postern.owner.id),
      workspace_id: decodeGlobalId('Workspace', postern.workspaceId),
      actor_kind: 'SESSION',
      actor_id: people[n % people.length] ?? null,
      actor_token_id: null,
      target_id: postern.workspaceId,
      ip: null,
      user_agent: null,
      detail,
    })),
  );
}

const ALL_SCOPES = [
  { entityType: 'token', operations: ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE'] },
  ...times(30, () => ({ entityType: 'channel', operations: BUILT_IN_OPERATIONS.channel })),
  { entityType: 'workspace', operations: ['READ', 'LIST'] },
];

async function fillTokens(postern: TestApp, sizes: Sizes): Promise<{ top: string; tokens: string[] }> {
  const access = 'SCOPED';
  const top = await createPersonalToken(postern, postern.owner.session, { access, scopes: ALL_SCOPES });
  const tokens = [top.id];
  let maker = top.secret;
  for (let n = 1; n < sizes.personalTokens; n += 1) {
    const made = await createPersonalToken(postern, maker, { access, scopes: ALL_SCOPES });
    // A tree: every tenth token derives others.
    if (n % 10 === 0) maker = made.secret;
    tokens.push(made.id);
  }
  for (let n = 0; n < sizes.workspaceTokens; n += 1) {
    tokens.push((await createWorkspaceToken(postern, 'VIEWER')).id);
  }
  return { top: top.secret, tokens };
}

/** Fills the database of an app. */
export async function fillDatabase(postern: TestApp, sizes: Sizes): Promise<FullDatabase> {
  const workspaces = await fillWorkspaces(postern, sizes);
  const people = await fillPeople(postern, sizes);
  const channels = await fillChannels(postern, sizes, { workspaces, people });
  await fillAuditLog(postern, sizes, people);
  const { top, tokens } = await fillTokens(postern, sizes);
  const outsider: Person = await postern.person('Outsider');
  const administrator = await createWorkspaceToken(postern, 'ADMINISTRATOR');
  const ids = (type: 'Workspace' | 'Channel' | 'User', all: readonly string[]) =>
    all.slice(0, 20).map((id) => toGlobalId(type, id));
  const bystander = await createPersonalToken(postern, outsider.session);
  return {
    bystander: bystander.secret,
    callers: {
      anonymous: null,
      session: postern.owner.session,
      outsider: outsider.session,
      personalToken: top,
      workspaceToken: administrator.secret,
    },
    ids: {
      Token: tokens.slice(0, 20),
      Workspace: [postern.workspaceId, ...ids('Workspace', workspaces)],
      Channel: ids('Channel', channels),
      User: ids('User', people),
    },
  };
}
