import { PostgresAdapter, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../database.ts';
import { write } from '../deferred.ts';
import { isCheckViolation } from '../errors.ts';
import { prepareQueryByIds, prepareWrite } from '../query/prepared.ts';

/** The time, address and user agent of a use of a token or session. */
export interface CredentialUse {
  readonly credentialId: string;
  readonly at: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Stores the last uses of credentials. An earlier use never replaces a later one. */
export async function saveUses(db: Executor, uses: readonly CredentialUse[]): Promise<void> {
  if (uses.length === 0) return;
  await db
    .insertInto('credential_uses')
    .values(
      uses.map((use) => ({
        credential_id: use.credentialId,
        // A token has a row already.
        holder_id: null,
        at: use.at,
        ip: use.ip,
        user_agent: use.userAgent,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('credential_id')
        .doUpdateSet((eb) => ({
          at: eb.ref('excluded.at'),
          ip: eb.ref('excluded.ip'),
          user_agent: eb.ref('excluded.user_agent'),
        }))
        .whereRef('credential_uses.at', '<=', 'excluded.at'),
    )
    .execute();
}

const usesLeftOf = prepareQueryByIds((db: Executor, ids) =>
  db
    .selectFrom('tokens')
    .select('uses_left')
    .where('id', 'in', [...ids]),
);

/** Returns whether each of some tokens with a limit on uses has one left. A token that is absent has none. */
export async function haveUsesLeft(db: Executor, ids: readonly string[]): Promise<boolean> {
  const rows = await usesLeftOf(db, ids);
  return rows.length === ids.length && rows.every(({ uses_left: left }) => left === null || left > 0);
}

/**
 * Returns the condition that a token is one of some. On PostgreSQL it locks their rows first and in the order of their ids, so
 * ancestors first, as every change does.
 */
function isOneOf(db: Executor, ids: readonly string[]): RawBuilder<SqlBool> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return sql`id in (${sql.join(ids)})`;
  return sql`id = any(array(select id from tokens where id = any(${ids}) order by id for update))`;
}

/**
 * Takes one use of each token; returns `false` and takes none if one of them has none left or is absent. It is one statement,
 * and a constraint of the table refuses to go below 0, so concurrent calls on any number of servers never take too many.
 */
export async function takeUses(db: Executor, ids: readonly string[]): Promise<boolean> {
  try {
    const result = await db
      .updateTable('tokens')
      .set((eb) => ({ uses_left: eb('uses_left', '-', 1) }))
      .where(isOneOf(db, ids))
      .executeTakeFirst();
    return Number(result.numUpdatedRows) === ids.length;
  } catch (error) {
    if (isCheckViolation(error)) return false;
    throw error;
  }
}

const deleteUse = prepareWrite((db: Executor, credentialId: string) =>
  db.deleteFrom('credential_uses').where('credential_id', '=', credentialId),
);

/**
 * Deletes the last uses of credentials, one by one in the order of their ids: `saveUses` locks these rows in the same order
 * and without other locks, so the two never deadlock.
 */
export async function deleteUses(db: Executor, credentialIds: readonly string[]): Promise<void> {
  for (const id of [...credentialIds].sort()) await deleteUse(db, id);
}

/** Deletes the last uses of all tokens of a user or workspace, and locks them as `deleteUses` does. */
export async function deleteUsesOf(db: Executor, holderId: string): Promise<void> {
  const held = db.selectFrom('credential_uses').select('credential_id').where('holder_id', '=', holderId);
  const isHeld =
    db.getExecutor().adapter instanceof PostgresAdapter
      ? sql<boolean>`credential_id = any(array(${held.orderBy('credential_id').forUpdate()}))`
      : sql<boolean>`holder_id = ${holderId}`;
  await write(db, db.deleteFrom('credential_uses').where(isHeld));
}
