import { decodeGlobalId, toGlobalId } from '../../src/domain/global-id.ts';
import { systemIds } from '../../src/platform/ids.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';

const ROWS_PER_STATEMENT = 500;

/** Returns new ids, in parts that one statement can store. */
function newIds(count: number): string[][] {
  const ids = Array.from({ length: count }, systemIds);
  return Array.from({ length: Math.ceil(count / ROWS_PER_STATEMENT) }, (_, part) =>
    ids.slice(part * ROWS_PER_STATEMENT, (part + 1) * ROWS_PER_STATEMENT),
  );
}

/**
 * Stores `count` channels that are like a channel, and shared as it is; returns their global ids. Writes the rows itself, because the
 * calls would take minutes.
 */
export async function repeatShares(
  { db }: DatabaseHandle,
  channelId: string,
  count: number,
): Promise<string[]> {
  const id = decodeGlobalId('Channel', channelId) as string;
  const channel = await db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const shares = await db.selectFrom('channel_shares').selectAll().where('channel_id', '=', id).execute();
  const parts = newIds(count);
  for (const ids of parts) {
    await db
      .insertInto('channels')
      .values(ids.map((each) => ({ ...channel, id: each })))
      .execute();
    await db
      .insertInto('channel_shares')
      .values(ids.flatMap((each) => shares.map((share) => ({ ...share, channel_id: each }))))
      .execute();
  }
  return parts.flat().map((each) => toGlobalId('Channel', each));
}

/** Stores `count` invitations that are like an invitation, of other addresses. */
export async function repeatInvitations(
  { db }: DatabaseHandle,
  invitationId: string,
  count: number,
): Promise<void> {
  const id = decodeGlobalId('Invitation', invitationId) as string;
  const model = await db.selectFrom('invitations').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  for (const ids of newIds(count)) {
    await db
      .insertInto('invitations')
      .values(ids.map((each) => ({ ...model, id: each, digest: each, email: `${each}@example.com` })))
      .execute();
  }
}

/** Stores `count` workspaces that are like the workspace of an invitation, each with an invitation of the same address. */
export async function repeatInvitingWorkspaces(
  { db }: DatabaseHandle,
  email: string,
  count: number,
): Promise<void> {
  const model = await db
    .selectFrom('invitations')
    .selectAll()
    .where('email', '=', email)
    .executeTakeFirstOrThrow();
  const workspace = await db
    .selectFrom('workspaces')
    .selectAll()
    .where('id', '=', model.workspace_id)
    .executeTakeFirstOrThrow();
  for (const ids of newIds(count)) {
    await db
      .insertInto('workspaces')
      .values(ids.map((id) => ({ ...workspace, id, slug: id })))
      .execute();
    await db
      .insertInto('invitations')
      .values(ids.map((id) => ({ ...model, id, digest: id, workspace_id: id })))
      .execute();
  }
}

/** Stores `count` users who are members of a workspace like one of its members, with the same roles from the same tokens. */
export async function repeatMembers(
  { db }: DatabaseHandle,
  member: { readonly workspaceId: string; readonly userId: string },
  count: number,
): Promise<void> {
  const userId = decodeGlobalId('User', member.userId) as string;
  const workspaceId = decodeGlobalId('Workspace', member.workspaceId) as string;
  const user = await db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirstOrThrow();
  const rowsOf = (table: 'members' | 'member_grants') =>
    db
      .selectFrom(table)
      .selectAll()
      .where('user_id', '=', userId)
      .where('workspace_id', '=', workspaceId)
      .execute();
  const [members, grants] = [await rowsOf('members'), await rowsOf('member_grants')];
  for (const ids of newIds(count)) {
    const repeated = (rows: readonly object[]) =>
      ids.flatMap((id) => rows.map((row) => ({ ...row, user_id: id }))) as never[];
    await db
      .insertInto('users')
      .values(ids.map((id) => ({ ...user, id, email: `${id}@example.com` })))
      .execute();
    await db.insertInto('members').values(repeated(members)).execute();
    await db.insertInto('member_grants').values(repeated(grants)).execute();
  }
}
