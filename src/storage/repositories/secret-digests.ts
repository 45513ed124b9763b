import type { Executor } from '../database.ts';

/** A session or an invitation that a secret opens, with whom or what it belongs to. */
interface OpenedSession {
  readonly id: string;
  readonly userId: string;
}

interface OpenedInvitation {
  readonly id: string;
  readonly workspaceId: string;
  readonly email: string;
}

/** The tokens that secrets open, whatever their state; an old secret counts until its overlap has ended. In no order. */
export async function findTokenIdsByDigests(
  db: Executor,
  digests: readonly string[],
  now: number,
): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('token_secrets')
    .select('token_id')
    .distinct()
    .where('digest', 'in', [...digests])
    .where((eb) => eb.or([eb('valid_until', 'is', null), eb('valid_until', '>', now)]))
    .execute();
  return rows.map((row) => row.token_id);
}

/** The sessions that secrets open, in no order. */
export async function findSessionsByDigests(
  db: Executor,
  digests: readonly string[],
): Promise<OpenedSession[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'user_id'])
    .where('digest', 'in', [...digests])
    .execute();
  return rows.map((row) => ({ id: row.id, userId: row.user_id }));
}

/** The invitations that secrets open, in no order. */
export async function findInvitationsByDigests(
  db: Executor,
  digests: readonly string[],
): Promise<OpenedInvitation[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('invitations')
    .select(['id', 'workspace_id', 'email'])
    .where('digest', 'in', [...digests])
    .execute();
  return rows.map((row) => ({ id: row.id, workspaceId: row.workspace_id, email: row.email }));
}
