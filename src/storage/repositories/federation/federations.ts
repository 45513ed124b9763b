import type { Selectable } from 'kysely';
import type { ClaimRule } from '../../../domain/federation/claims.ts';
import type { Federation } from '../../../domain/federation/federation.ts';
import { rankOf, roleOfRank } from '../../../domain/roles.ts';
import type { TokenScope } from '../../../domain/scopes.ts';
import type { Executor } from '../../database.ts';
import { write } from '../../deferred.ts';
import type { Tables } from '../../tables.ts';

/** The fields that a change sets, with the parent of later tokens. */
export type FederationChanges = Pick<
  Federation,
  'grantId' | 'name' | 'claims' | 'role' | 'scopes' | 'maxLifetime' | 'singleUse'
>;

function toFederation(row: Selectable<Tables['federations']>): Federation {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    createdBy: row.created_by,
    grantId: row.grant_id,
    name: row.name,
    issuer: row.issuer,
    audience: row.audience,
    claims: JSON.parse(row.claims) as ClaimRule[],
    role: roleOfRank(row.role),
    scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as TokenScope[]),
    maxLifetime: row.max_lifetime,
    singleUse: row.single_use === 1,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

function toColumns({ grantId, name, claims, role, scopes, maxLifetime, singleUse }: FederationChanges) {
  return {
    grant_id: grantId,
    name,
    claims: JSON.stringify(claims),
    role: rankOf(role),
    scopes: scopes === null ? null : JSON.stringify(scopes),
    max_lifetime: maxLifetime,
    single_use: Number(singleUse),
  };
}

/** Stores a new federation. */
export async function insertFederation(db: Executor, federation: Federation): Promise<void> {
  const { id, workspaceId, createdBy, issuer, audience, createdAt, lastUsedAt } = federation;
  const fixed = { id, workspace_id: workspaceId, created_by: createdBy, issuer, audience };
  const insert = db.insertInto('federations').values({
    ...fixed,
    ...toColumns(federation),
    created_at: createdAt,
    last_used_at: lastUsedAt,
  });
  await write(db, insert);
}

/** Changes a federation. */
export async function updateFederation(db: Executor, id: string, changes: FederationChanges): Promise<void> {
  await write(db, db.updateTable('federations').set(toColumns(changes)).where('id', '=', id));
}

/** Stores that a federation gave a token. */
export async function setFederationUsed(db: Executor, id: string, at: number): Promise<void> {
  await write(db, db.updateTable('federations').set({ last_used_at: at }).where('id', '=', id));
}

/** Deletes federations. Their tokens are refused from then on, but remain. */
export async function deleteFederations(db: Executor, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await write(db, db.deleteFrom('federations').where('id', 'in', [...ids]));
}

/** Returns a federation by id. */
export async function findFederation(db: Executor, id: string): Promise<Federation | null> {
  const row = await db.selectFrom('federations').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toFederation(row) : null;
}

/** Returns whether tokens still derive from something that a federation gave. */
export async function hasGrant(db: Executor, grantId: string): Promise<boolean> {
  const query = db.selectFrom('federations').select('id').where('grant_id', '=', grantId);
  return (await query.executeTakeFirst()) !== undefined;
}

/** Returns the federations of a workspace, oldest first, up to `most`. */
export async function listFederations(
  db: Executor,
  workspaceId: string,
  most: number,
): Promise<Federation[]> {
  const query = db.selectFrom('federations').selectAll().where('workspace_id', '=', workspaceId);
  return (await query.orderBy('id').limit(most).execute()).map(toFederation);
}

/** Returns the federations of an issuer with one of some audiences, up to `most`. */
export async function findFederationsFor(
  db: Executor,
  issuer: string,
  audiences: readonly string[],
  most: number,
): Promise<Federation[]> {
  if (audiences.length === 0) return [];
  const query = db
    .selectFrom('federations')
    .selectAll()
    .where('audience', 'in', [...audiences])
    .where('issuer', '=', issuer);
  return (await query.orderBy('id').limit(most).execute()).map(toFederation);
}

/** Returns the federations that a user created, in one workspace or in all, oldest first. */
export async function findFederationsCreatedBy(
  db: Executor,
  userId: string,
  workspaceId: string | null,
): Promise<Federation[]> {
  let query = db.selectFrom('federations').selectAll().where('created_by', '=', userId);
  if (workspaceId !== null) query = query.where('workspace_id', '=', workspaceId);
  return (await query.orderBy('id').execute()).map(toFederation);
}
