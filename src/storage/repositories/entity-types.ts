import type { Selectable } from 'kysely';
import type { AccessContext } from '../../domain/decision.ts';
import type { RegisteredEntityType } from '../../domain/entity-type.ts';
import type { Operation } from '../../domain/scopes.ts';
import {
  operationsFromText,
  operationsToText,
  POLICY_COLUMNS,
  policyFromColumns,
  roleFromRank,
} from '../codec.ts';
import type { Executor } from '../database.ts';
import type { Tables } from '../tables.ts';

/** A workspace that registered a type, with a user's access to it. */
export interface Registration {
  readonly access: AccessContext;
  readonly operations: readonly Operation[];
}

function toEntityType(row: Selectable<Tables['entity_types']>): RegisteredEntityType {
  return {
    workspaceId: row.workspace_id,
    name: row.name,
    description: row.description,
    operations: operationsFromText(row.operations),
  };
}

/** Stores a type, and replaces the workspace's type of the same name. */
export async function saveEntityType(db: Executor, type: RegisteredEntityType): Promise<void> {
  const columns = { description: type.description, operations: operationsToText(type.operations) };
  await db
    .insertInto('entity_types')
    .values({ workspace_id: type.workspaceId, name: type.name, ...columns })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doUpdateSet(columns))
    .execute();
}

/** Deletes a type; returns whether it existed. */
export async function deleteEntityType(db: Executor, workspaceId: string, name: string): Promise<boolean> {
  const result = await db
    .deleteFrom('entity_types')
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Returns the types of a workspace, by name. */
export async function listEntityTypes(db: Executor, workspaceId: string): Promise<RegisteredEntityType[]> {
  const rows = await db
    .selectFrom('entity_types')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('name')
    .execute();
  return rows.map(toEntityType);
}

/** Returns a type of a workspace by name. */
export async function findEntityType(
  db: Executor,
  workspaceId: string,
  name: string,
): Promise<RegisteredEntityType | null> {
  const row = await db
    .selectFrom('entity_types')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row ? toEntityType(row) : null;
}

/** Returns the registrations of a type in the workspaces of a user, the oldest workspace first. */
export async function findRegistrations(db: Executor, userId: string, name: string): Promise<Registration[]> {
  const rows = await db
    .selectFrom('members as m')
    .innerJoin('entity_types as e', 'e.workspace_id', 'm.workspace_id')
    .innerJoin('workspaces as w', 'w.id', 'm.workspace_id')
    .select(['w.id', 'm.role', 'e.operations'])
    .select(POLICY_COLUMNS)
    .where('m.user_id', '=', userId)
    .where('e.name', '=', name)
    .orderBy('w.created_at')
    .orderBy('w.id')
    .execute();
  return rows.map((row) => ({
    access: {
      workspaceId: row.id,
      role: roleFromRank(row.role),
      shared: [],
      policy: policyFromColumns(row),
    },
    operations: operationsFromText(row.operations),
  }));
}
