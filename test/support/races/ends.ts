import { sql } from 'kysely';
import { decodeGlobalId } from '../../../src/domain/global-id.ts';
import { rankOf } from '../../../src/domain/roles.ts';
import { CHUNK } from '../../../src/services/transactions/chunk.ts';
import type { Person, TestApp } from '../app.ts';
import { mutate } from '../channels.ts';
import { createWorkspaceToken, type IssuedToken } from '../tokens.ts';

const ACTOR = { actorKind: null, actorId: null, actorTokenId: null, ip: null, userAgent: null };
/** The audit events of what ended. */
const EVENT = { actor: JSON.stringify(ACTOR), detail: '{}' };
/** A subject whose tokens ended. */
const GONE = 'gone';

/** Ends the tokens of a subject, which do not have that in their rows yet. */
export async function createEndedSubject(app: TestApp, by: string): Promise<void> {
  for (let index = 0; index < 2; index++) await createWorkspaceToken(app, 'VIEWER', { subject: GONE }, by);
  const holder = { user_id: null, workspace_id: decodeGlobalId('Workspace', app.workspaceId) };
  const set = { subject: GONE, created_by: null, issued_by: null, since: null };
  const end = { number: 1, deletes: 0, deletes_grants: 0, at: app.now(), after_at: 0, after_id: '' };
  await app.database.db
    .insertInto('pending_ends')
    .values({ id: '01900000-0000-7000-8000-000000000003', ...holder, ...set, ...end, ...EVENT })
    .execute();
}

/** Creates a revoked token with a descendant that does not have that in its row yet. */
export async function createCascade(
  { database: { db }, now }: TestApp,
  ended: IssuedToken,
  ownerId: string,
): Promise<void> {
  const id = decodeGlobalId('Token', ended.id) as string;
  await db.updateTable('tokens').set({ revoked_at: now() }).where('id', '=', id).execute();
  const holder = { user_id: decodeGlobalId('User', ownerId), workspace_id: null };
  const progress = { at: now(), after_id: '', deletes_grants: 0, takes_back: 0 };
  await db
    .insertInto('pending_cascades')
    .values({ token_id: id, ...holder, ...progress, ...EVENT })
    .execute();
}

/** Takes back, from a deleted token, the roles of two Team Members that it raised, who have them still. */
export async function createTakeBack(app: TestApp, ...raised: readonly [Person, Person]): Promise<void> {
  const { db } = app.database;
  const tokenId = '01900000-0000-7000-8000-000000000006';
  const workspaceId = decodeGlobalId('Workspace', app.workspaceId) as string;
  const role = rankOf('WORKSPACE_MANAGER');
  for (const { id } of raised) {
    const userId = decodeGlobalId('User', id) as string;
    await db.updateTable('members').set({ role, direct_role: role }).where('user_id', '=', userId).execute();
    const granter = { granter_id: tokenId, token_id: tokenId, role };
    await db
      .insertInto('member_grants')
      .values({ workspace_id: workspaceId, user_id: userId, ...granter })
      .execute();
  }
  const holder = { user_id: null, workspace_id: workspaceId };
  const progress = { at: app.now(), after_id: '', deletes_grants: 1, takes_back: 1 };
  await db
    .insertInto('pending_cascades')
    .values({ token_id: tokenId, ...holder, ...progress, ...EVENT })
    .execute();
}

/** Registers more entity types in a workspace than one transaction deletes. */
export async function addEntityTypes({ database: { db } }: TestApp, workspaceId: string): Promise<void> {
  const id = decodeGlobalId('Workspace', workspaceId) as string;
  const types = Array.from({ length: CHUNK + 1 }, (_, n) => ({ workspace_id: id, name: `type-${n}` }));
  await db.insertInto('entity_types').values(types).execute();
}

/** Makes a person the granter of more shares, in a workspace, than one transaction deletes. */
export async function addShares(app: TestApp, workspaceId: string, by: Person, to: Person): Promise<void> {
  const { db } = app.database;
  const ids = { workspace_id: decodeGlobalId('Workspace', workspaceId) as string };
  const [granter, user] = [by, to].map(({ id }) => decodeGlobalId('User', id) as string);
  const times = { created_at: app.now(), updated_at: app.now() };
  const channels = Array.from({ length: CHUNK + 1 }, (_, n) => `01900000-0000-7000-8000-1000000000${10 + n}`);
  await db
    .insertInto('channels')
    .values(channels.map((id) => ({ id, ...ids, name: 'shared', last_sequence: 0, ...times })))
    .execute();
  const given = { granter_id: granter as string, granted_by: granter, granted_by_token: null };
  await db
    .insertInto('channel_shares')
    .values(channels.map((id) => ({ channel_id: id, user_id: user as string, ...given, operation: 'READ' })))
    .execute();
}

/**
 * Ends the shares with a person in the workspace, and the invitations of another person, whose rows are still there: a share of a
 * channel that was shared again since, and an invitation of an address that can be invited again.
 */
export async function createEndedGrants(
  app: TestApp,
  channelId: string,
  recipient: Person,
  inviter: Person,
): Promise<void> {
  const { db } = app.database;
  const [userId, granter] = [recipient, inviter].map(({ id }) => decodeGlobalId('User', id) as string);
  const workspaceId = decodeGlobalId('Workspace', app.workspaceId) as string;
  const ids = ['01900000-0000-7000-8000-000000000004', '01900000-0000-7000-8000-000000000005'] as const;
  const end = { token_id: null, recipient_id: null, at: app.now(), actor: null };
  const ofRecipient = { ...end, user_id: null, workspace_id: workspaceId, recipient_id: userId as string };
  const ofInviter = { ...end, user_id: granter as string, workspace_id: null, actor: EVENT.actor };
  await db
    .insertInto('pending_grant_ends')
    .values([
      { id: ids[0], number: 1, kind: 'SHARES', ...ofRecipient },
      { id: ids[1], number: 2, kind: 'INVITATIONS', ...ofInviter },
    ])
    .execute();
  // What the scene has already was given after these ends.
  for (const table of ['channel_shares', 'invitations']) {
    await sql`update ${sql.table(table)} set ends_survived = 2`.execute(db);
  }
  const share = { channel_id: decodeGlobalId('Channel', channelId) as string, user_id: userId as string };
  const given = { granter_id: granter as string, granted_by: granter as string, granted_by_token: null };
  await db
    .insertInto('channel_shares')
    .values({ ...share, ...given, operation: 'READ', ends_survived: null })
    .execute();
  const times = { created_at: app.now(), expires_at: app.now() + 3_600_000 };
  await db
    .insertInto('invitations')
    .values({
      ...{ id: ids[0], workspace_id: workspaceId, email: 'another@example.com', role: 0, digest: 'ended' },
      ...{ invited_by: granter as string, invited_by_token: null, void_reason: null, ends_survived: null },
      ...times,
    })
    .execute();
}

/** Creates a workspace that is deleted while its rows are still there. */
export async function createDeletedWorkspace(app: TestApp, by: Person): Promise<void> {
  const workspaceId = await app.workspace('Former', [[by, 'OWNER']]);
  await addEntityTypes(app, workspaceId);
  const { errors } = await mutate(app, 'deleteWorkspace', { id: workspaceId }, by.session, '__typename');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}
