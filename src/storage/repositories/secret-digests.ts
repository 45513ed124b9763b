import type { Executor } from '../database.ts';
import { INVITATION_COUNTS } from '../query/ended-grants.ts';

/** The session of a secret, with its user. */
interface SessionOfSecret {
  readonly id: string;
  readonly userId: string;
}

/** The invitation of a secret, with its workspace and address. */
interface InvitationOfSecret {
  readonly id: string;
  readonly workspaceId: string;
  readonly email: string;
}

/** Returns the ids of the tokens of secrets, in any status and in no order. An old secret counts until its overlap ends. */
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

/** Returns the sessions of secrets, in no order. */
export async function findSessionsByDigests(
  db: Executor,
  digests: readonly string[],
): Promise<SessionOfSecret[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'user_id'])
    .where('digest', 'in', [...digests])
    .execute();
  return rows.map((row) => ({ id: row.id, userId: row.user_id }));
}

/** Returns the invitations of secrets that have not ended, in no order. */
export async function findInvitationsByDigests(
  db: Executor,
  digests: readonly string[],
): Promise<InvitationOfSecret[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('invitations')
    .select(['id', 'workspace_id', 'email'])
    .where('digest', 'in', [...digests])
    .where(INVITATION_COUNTS)
    .execute();
  return rows.map((row) => ({ id: row.id, workspaceId: row.workspace_id, email: row.email }));
}
