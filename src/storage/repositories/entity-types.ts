import { type Selectable, sql } from 'kysely';
import type { AccessContext } from '../../domain/decision.ts';
import { type EntityOperation, inOrder, type RegisteredEntityType } from '../../domain/entity-type.ts';
import { type Role, rankOf, roleOfRank } from '../../domain/roles.ts';
import type { Operation } from '../../domain/scopes.ts';
import { groupBy } from '../../platform/group-by.ts';
import { POLICY_COLUMNS, policyFromColumns, roleFromRank } from '../codec.ts';
import type { Executor } from '../database.ts';
import { prepareLookup } from '../query/batched-lookup.ts';
import { prepareQueryByShape } from '../query/prepared.ts';
import type { Tables } from '../tables.ts';

/** An operation on a registered entity type. */
export interface TypeOperation {
  readonly entityType: string;
  readonly operation: Operation;
}

/** A workspace that declares an operation on a type, with a user's access to it. */
export interface OperationDeclaration {
  readonly access: AccessContext;
  /** The role that the operation requires. */
  readonly role: Role;
}

/** Stores a type with its operations, and replaces the workspace's type of the same name. */
export async function saveEntityType(db: Executor, type: RegisteredEntityType): Promise<void> {
  const { workspaceId, name, description, operations } = type;
  await db
    .insertInto('entity_types')
    .values({ workspace_id: workspaceId, name, description })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doUpdateSet({ description }))
    .execute();
  await db
    .deleteFrom('entity_operations')
    .where('workspace_id', '=', workspaceId)
    .where('entity_type', '=', name)
    .execute();
  await db
    .insertInto('entity_operations')
    .values(
      operations.map((operation) => ({
        workspace_id: workspaceId,
        entity_type: name,
        name: operation.name,
        description: operation.description,
        role: rankOf(operation.role),
      })),
    )
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

function toOperations(rows: readonly Selectable<Tables['entity_operations']>[]): EntityOperation[] {
  return inOrder(rows.map(({ name, description, role }) => ({ name, description, role: roleOfRank(role) })));
}

/** Returns the numbers of types and operations that a workspace declares, without the type of a name. */
export async function countOtherTypes(
  db: Executor,
  workspaceId: string,
  name: string,
): Promise<{ readonly types: number; readonly operations: number }> {
  const { types } = await db
    .selectFrom('entity_types')
    .select((eb) => eb.fn.countAll<number>().as('types'))
    .where('workspace_id', '=', workspaceId)
    .where('name', '<>', name)
    .executeTakeFirstOrThrow();
  const { operations } = await db
    .selectFrom('entity_operations')
    .select((eb) => eb.fn.countAll<number>().as('operations'))
    .where('workspace_id', '=', workspaceId)
    .where('entity_type', '<>', name)
    .executeTakeFirstOrThrow();
  return { types: Number(types), operations: Number(operations) };
}

/** Returns the types of a workspace, by name; only the one of a name if it is given. */
export async function listEntityTypes(
  db: Executor,
  workspaceId: string,
  name?: string,
): Promise<RegisteredEntityType[]> {
  let types = db.selectFrom('entity_types').selectAll().where('workspace_id', '=', workspaceId);
  let operations = db.selectFrom('entity_operations').selectAll().where('workspace_id', '=', workspaceId);
  if (name !== undefined) {
    types = types.where('name', '=', name);
    operations = operations.where('entity_type', '=', name);
  }
  const rows = await types.orderBy('name').execute();
  const byType = groupBy(await operations.execute(), (row) => row.entity_type);
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    name: row.name,
    description: row.description,
    operations: toOperations(byType.get(row.name) ?? []),
  }));
}

/** Returns a type of a workspace by name. */
export async function findEntityType(
  db: Executor,
  workspaceId: string,
  name: string,
): Promise<RegisteredEntityType | null> {
  return (await listEntityTypes(db, workspaceId, name))[0] ?? null;
}

const declaredRole = prepareLookup(['text', 'text', 'text'], (db, workspaceId, entityType, operation) =>
  db
    .selectFrom('entity_operations')
    .select('role')
    .where('workspace_id', '=', workspaceId)
    .where('entity_type', '=', entityType)
    .where('name', '=', operation),
);

/** Returns the role that an operation requires in a workspace; `null` if the workspace does not declare it. */
export async function findDeclaredRole(
  db: Executor,
  workspaceId: string,
  { entityType, operation }: TypeOperation,
): Promise<Role | null> {
  const row = await declaredRole(db, workspaceId, entityType, operation);
  return row ? roleOfRank(row.role) : null;
}

const leastRole = prepareLookup(['text'], (db, operation) =>
  db
    .selectFrom('entity_operations')
    .select('role')
    // The text equals that of the index.
    .where(sql<string>`(entity_type || ' ' || name)`, '=', operation)
    .orderBy('role')
    .limit(1),
);

/** Returns the lowest role that an operation requires in any workspace; `null` if none declares it. */
export async function findLeastRole(
  db: Executor,
  { entityType, operation }: TypeOperation,
): Promise<Role | null> {
  const row = await leastRole(db, `${entityType} ${operation}`);
  return row ? roleOfRank(row.role) : null;
}

/** The place of a workspace among those of a user: first those in which the user has the lowest role, and by id. */
export interface DeclarationPlace {
  readonly role: Role;
  /** Empty for the place before all workspaces with the role. */
  readonly workspaceId: string;
}

/** A part of the declarations of an operation in the workspaces of a user. */
export interface DeclarationWindow {
  /** The place after which it starts. */
  readonly after: DeclarationPlace;
  readonly limit: number;
  /** Whether to leave out declarations that require a higher role than the user has. */
  readonly onlyHeld: boolean;
  /** The workspaces to look in; `null` for all. */
  readonly workspaceIds: readonly string[] | null;
}

const declarations = prepareQueryByShape(
  (
    db: Executor,
    userId: string,
    { entityType, operation }: TypeOperation,
    rank: number,
    { after, limit, onlyHeld, workspaceIds }: DeclarationWindow,
  ) => {
    let query = db
      .selectFrom('members as m')
      .innerJoin('entity_operations as e', 'e.workspace_id', 'm.workspace_id')
      .innerJoin('workspaces as w', 'w.id', 'm.workspace_id')
      .select(['w.id', 'm.role', 'e.role as declared_role'])
      .select(POLICY_COLUMNS)
      .where('m.user_id', '=', userId)
      .where('w.deleted_at', 'is', null)
      .where(sql<boolean>`(m.role, m.workspace_id) > (${rank}, ${after.workspaceId})`)
      .where('e.entity_type', '=', entityType)
      .where('e.name', '=', operation);
    if (onlyHeld) query = query.whereRef('m.role', '>=', 'e.role');
    if (workspaceIds !== null) query = query.where('m.workspace_id', 'in', [...workspaceIds]);
    return query.orderBy('m.role').orderBy('m.workspace_id').limit(limit);
  },
);

/** Returns declarations of an operation in the workspaces of a user, in the order of their places. */
export async function findDeclarations(
  db: Executor,
  userId: string,
  { entityType, operation }: TypeOperation,
  window: DeclarationWindow,
): Promise<OperationDeclaration[]> {
  if (window.workspaceIds?.length === 0) return [];
  const rank = rankOf(window.after.role);
  const rows = await declarations(db, userId, { entityType, operation }, rank, window);
  return rows.map((row) => ({
    access: {
      workspaceId: row.id,
      role: roleFromRank(row.role),
      shared: [],
      policy: policyFromColumns(row),
    },
    role: roleOfRank(row.declared_role),
  }));
}

/** Returns the operations that workspaces declare, as `workspace type operation`. */
export async function findDeclaredOperations(
  db: Executor,
  workspaceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (workspaceIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('entity_operations')
    .select(['workspace_id', 'entity_type', 'name'])
    .where('workspace_id', 'in', [...new Set(workspaceIds)])
    .execute();
  return new Set(rows.map((row) => `${row.workspace_id} ${row.entity_type} ${row.name}`));
}
