import { type Selectable, sql } from 'kysely';
import { rankOf, roleOfRank } from '../../domain/roles.ts';
import type { Invitation, InvitationVoidReason } from '../../domain/workspace.ts';
import type { Executor } from '../database.ts';
import { ENDS_SURVIVED, INVITATION_COUNTS } from '../query/ended-grants.ts';
import { clockAt, tokenCanGive } from '../query/granters.ts';
import { hasMoreRows } from '../query/paging.ts';
import type { Tables } from '../tables.ts';

/** Returns the condition that a role is high enough to create the invitation. */
const canInvite = (role: string) =>
  `(${role} >= ${rankOf('WORKSPACE_MANAGER')} and ${role} >= invitations.role)`;

/** The condition that the user or workspace token that created an invitation could create it now. */
const CREATOR_CAN_INVITE = sql.raw<boolean>(`case
  when invitations.invited_by_token is not null then ${tokenCanGive({
    tokenId: 'invitations.invited_by_token',
    maxLifetime: 'workspaces.max_lifetime',
    now: 'clock.now',
    belongsToGranter: (token) => `${token}.kind = 'WORKSPACE' and ${token}.workspace_id = workspaces.id`,
    // No workspace token can invite an Owner.
    covers: (token) => `${canInvite(`${token}.role`)} and invitations.role < ${rankOf('OWNER')}`,
  })}
  else exists (
    select 1 from members inner join users on users.id = members.user_id
    where members.workspace_id = workspaces.id and members.user_id = invitations.invited_by
      and users.deactivated_at is null and ${canInvite('members.role')})
  end`);

/** Why an invitation is void; null if it can be accepted. */
const VOID_REASON = sql<string | null>`coalesce(invitations.void_reason,
  case when ${CREATOR_CAN_INVITE} then null else 'INVITER_LOST_AUTHORITY' end)`;

/** Selects the invitations that have not expired, void or not. */
function unexpiredInvitations(db: Executor, now: number) {
  return db
    .selectFrom('invitations')
    .innerJoin('workspaces', 'workspaces.id', 'invitations.workspace_id')
    .innerJoin(clockAt(now).as('clock'), (join) => join.onTrue())
    .selectAll('invitations')
    .select(VOID_REASON.as('void_reason'))
    .where('workspaces.deleted_at', 'is', null)
    .where(INVITATION_COUNTS)
    .whereRef('invitations.expires_at', '>', 'clock.now');
}

/** Selects the invitations that can be accepted now. */
function openInvitations(db: Executor, now: number) {
  return unexpiredInvitations(db, now).where(VOID_REASON, 'is', null);
}

/** A row of `invitations`. */
export type InvitationRow = Selectable<Tables['invitations']>;

/** Returns the invitation of a row. */
export function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    email: row.email,
    role: roleOfRank(row.role),
    invitedBy: row.invited_by,
    invitedByToken: row.invited_by_token,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    voidReason: row.void_reason as InvitationVoidReason | null,
  };
}

/** Stores an invitation under the digest of its secret. Throws a unique violation if the workspace has already invited the address. */
export async function insertInvitation(db: Executor, invitation: Invitation, digest: string): Promise<void> {
  await db
    .insertInto('invitations')
    .values({
      id: invitation.id,
      workspace_id: invitation.workspaceId,
      email: invitation.email,
      role: rankOf(invitation.role),
      digest,
      invited_by: invitation.invitedBy,
      invited_by_token: invitation.invitedByToken,
      created_at: invitation.createdAt,
      expires_at: invitation.expiresAt,
      void_reason: invitation.voidReason,
      ends_survived: ENDS_SURVIVED,
    })
    .execute();
}

/** Returns the open invitation of a secret. */
export async function findInvitationByDigest(
  db: Executor,
  digest: string,
  now: number,
): Promise<Invitation | null> {
  const row = await openInvitations(db, now).where('invitations.digest', '=', digest).executeTakeFirst();
  return row ? toInvitation(row) : null;
}

/** Returns the invitations of a workspace that have not expired, void or not, oldest first. */
export async function listInvitations(db: Executor, workspaceId: string, now: number): Promise<Invitation[]> {
  const rows = await unexpiredInvitations(db, now)
    .where('invitations.workspace_id', '=', workspaceId)
    .orderBy('invitations.created_at')
    .orderBy('invitations.id')
    .execute();
  return rows.map(toInvitation);
}

/** Returns an invitation of a workspace by id if it has not expired, void or not. */
export async function findInvitation(
  db: Executor,
  workspaceId: string,
  id: string,
  now: number,
): Promise<Invitation | null> {
  const row = await unexpiredInvitations(db, now)
    .where('invitations.workspace_id', '=', workspaceId)
    .where('invitations.id', '=', id)
    .executeTakeFirst();
  return row ? toInvitation(row) : null;
}

/** Returns the open invitation of an address to a workspace. */
export async function findOpenInvitationOf(
  db: Executor,
  workspaceId: string,
  email: string,
  now: number,
): Promise<Invitation | null> {
  const row = await openInvitations(db, now)
    .where('invitations.workspace_id', '=', workspaceId)
    .where('invitations.email', '=', email)
    .executeTakeFirst();
  return row ? toInvitation(row) : null;
}

/** Returns whether an address has an open invitation to any workspace. */
export async function hasOpenInvitation(db: Executor, email: string, now: number): Promise<boolean> {
  const row = await openInvitations(db, now)
    .where('invitations.email', '=', email)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The creators of invitations: a user, or workspace tokens. */
export type InvitationCreator = { readonly userId: string } | { readonly tokenIds: readonly string[] };

/** Returns a creator's invitations to all workspaces that have not expired and are not void. */
export async function listInvitationsOf(
  db: Executor,
  creator: InvitationCreator,
  now: number,
): Promise<Invitation[]> {
  const query = db
    .selectFrom('invitations')
    .selectAll()
    .where(INVITATION_COUNTS)
    .where('expires_at', '>', now)
    .where('void_reason', 'is', null)
    .orderBy('id');
  const rows = await ('userId' in creator
    ? query.where('invited_by', '=', creator.userId)
    : query.where('invited_by_token', 'in', [...creator.tokenIds])
  ).execute();
  return rows.map(toInvitation);
}

/** Marks up to `most` open invitations of an address as void and returns them. */
export async function voidInvitations(
  db: Executor,
  email: string,
  reason: InvitationVoidReason,
  { now, most }: { readonly now: number; readonly most: number },
): Promise<Invitation[]> {
  const rows = await db
    .updateTable('invitations')
    .set({ void_reason: reason })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('invitations')
        .select('id')
        .where('email', '=', email)
        .where(INVITATION_COUNTS)
        .where('expires_at', '>', now)
        .where('void_reason', 'is', null)
        .limit(most),
    )
    .returningAll()
    .execute();
  return rows.map(toInvitation);
}

/** Deletes an invitation; returns whether it existed. */
export async function deleteInvitation(db: Executor, id: string): Promise<boolean> {
  const result = await db.deleteFrom('invitations').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/**
 * Deletes a workspace's invitations of an address, and its expired invitations of any address. Those of other addresses that ended
 * stay until they get their audit events.
 */
export async function clearInvitations(
  db: Executor,
  workspaceId: string,
  email: string,
  now: number,
): Promise<void> {
  await db
    .deleteFrom('invitations')
    .where('workspace_id', '=', workspaceId)
    .where((eb) => eb.or([eb('email', '=', email), eb.and([eb('expires_at', '<=', now), INVITATION_COUNTS])]))
    .execute();
}

/** Returns whether a workspace has at least `count` invitations that have not ended. */
export async function hasInvitations(db: Executor, workspaceId: string, count: number): Promise<boolean> {
  const query = db.selectFrom('invitations').select('id').where('workspace_id', '=', workspaceId);
  return hasMoreRows(query.where(INVITATION_COUNTS), count - 1);
}

/** Deletes up to `most` expired invitations that have not ended; returns the count. */
export async function deleteExpiredInvitations(db: Executor, now: number, most: number): Promise<number> {
  const result = await db
    .deleteFrom('invitations')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('invitations')
        .select('id')
        .where('expires_at', '<=', now)
        .where(INVITATION_COUNTS)
        .limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Deletes every invitation to a workspace that has not ended; returns the count. */
export async function deleteInvitationsOf(db: Executor, workspaceId: string): Promise<number> {
  const result = await db
    .deleteFrom('invitations')
    .where('workspace_id', '=', workspaceId)
    .where(INVITATION_COUNTS)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
