import { type EntityOperation, inOrder, type RegisteredEntityType } from '../../domain/entity-type.ts';
import { badInput, failure, forbidden, type InputIssue, inputCheck } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { highestRole, isAtLeast, type Role } from '../../domain/roles.ts';
import { isBuiltIn, isBuiltInOperation, roleForOperation } from '../../domain/scopes.ts';
import { parseDescription } from '../../domain/text.ts';
import type { Executor } from '../../storage/database.ts';
import {
  countOtherTypes,
  deleteEntityType,
  findEntityType,
  listEntityTypes,
  saveEntityType,
} from '../../storage/repositories/entity-types.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** The declaration of an operation. The role of a built-in operation defaults to the one on channels. */
export interface EntityOperationRequest {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly role?: Role | null | undefined;
}

export interface RegisterEntityTypeRequest {
  readonly workspaceId: string;
  /** A slug. */
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly operations: readonly EntityOperationRequest[];
}

/** Manages the entity types that workspaces register for their own services. */
export interface EntityTypeService {
  /** Returns the types of a workspace that the caller is allowed to read, by name. */
  list(workspaceId: string): Promise<RegisteredEntityType[]>;
  /**
   * Registers a type; replaces a registration of the same name. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, or
   * `ROLE_REQUIRED` if it adds, changes or removes an operation whose role is above the caller's.
   */
  register(uow: UnitOfWork, request: RegisterEntityTypeRequest): Promise<RegisteredEntityType>;
  /**
   * Deletes a registration. Scopes of the type remain and grant nothing. Throws `NOT_FOUND`, or `ROLE_REQUIRED` if an
   * operation requires a role above the caller's.
   */
  unregister(uow: UnitOfWork, workspaceId: string, name: string): Promise<void>;
}

const OPERATIONS_MAX = 64;
/** Introspection reads all of them. */
const OPERATIONS_PER_WORKSPACE = 1000;

/** Returns the entity type service. */
export function createEntityTypeService(deps: { db: Executor; limits: Limits }): EntityTypeService {
  const { db, limits } = deps;

  async function requireBelowLimits(uow: UnitOfWork, type: RegisteredEntityType): Promise<void> {
    const others = await countOtherTypes(uow.tx, type.workspaceId, type.name);
    if (others.types >= limits.entityTypesPerWorkspace) {
      throw failure(
        'LIMIT_REACHED',
        `A workspace can register at most ${limits.entityTypesPerWorkspace} entity types. Unregister some first.`,
      );
    }
    if (others.operations + type.operations.length > OPERATIONS_PER_WORKSPACE) {
      throw failure(
        'LIMIT_REACHED',
        `A workspace can declare at most ${OPERATIONS_PER_WORKSPACE} operations. Unregister some types first.`,
      );
    }
  }

  return {
    list: (workspaceId) => listEntityTypes(db, workspaceId),

    async register(uow, request) {
      const type = parseType(request);
      const { workspaceId, name } = type;
      const present = await findEntityType(uow.tx, workspaceId, name);
      await requireBelowLimits(uow, type);
      const touched = changesOf(present?.operations ?? [], type.operations);
      requireRoleFor(uow, touched);
      await saveEntityType(uow.tx, type);
      await auditType(uow, 'entity_type.registered', workspaceId, {
        name,
        operations: type.operations.map((operation) => operation.name),
      });
      return type;
    },

    async unregister(uow, workspaceId, name) {
      const present = await findEntityType(uow.tx, workspaceId, name);
      if (!present) throw failure('NOT_FOUND');
      requireRoleFor(uow, present.operations);
      await deleteEntityType(uow.tx, workspaceId, name);
      await auditType(uow, 'entity_type.unregistered', workspaceId, { name });
    },
  };
}

/** Returns the operations that differ between two declarations, as they are in each. */
function changesOf(
  before: readonly EntityOperation[],
  after: readonly EntityOperation[],
): readonly EntityOperation[] {
  const without = (some: readonly EntityOperation[], others: readonly EntityOperation[]) =>
    some.filter(
      (one) =>
        !others.some(
          (other) =>
            other.name === one.name && other.role === one.role && other.description === one.description,
        ),
    );
  return [...without(before, after), ...without(after, before)];
}

/** Throws `ROLE_REQUIRED` if an operation requires a role above the caller's. */
function requireRoleFor({ grant }: UnitOfWork, operations: readonly EntityOperation[]): void {
  const required = operations.reduce<Role>((role, each) => highestRole(role, each.role), 'VIEWER');
  if (grant.role === null || !isAtLeast(grant.role, required)) {
    throw forbidden('ROLE_REQUIRED', { role: required });
  }
}

async function auditType(
  uow: UnitOfWork,
  action: 'entity_type.registered' | 'entity_type.unregistered',
  workspaceId: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await uow.audit({ action, workspaceId, targetId: toGlobalId('Workspace', workspaceId), detail });
}

function parseType(request: RegisterEntityTypeRequest): RegisteredEntityType {
  const { workspaceId, name } = request;
  const check = inputCheck();
  const description = check.try(() => parseDescription(request.description, ['input', 'description']));
  check.try(() => {
    if (isBuiltIn(name)) throw badInput(['input', 'name'], 'is a built-in entity type');
    requireCount(request.operations.length);
  });
  const operations = request.operations
    .slice(0, OPERATIONS_MAX)
    .map((each, index) => check.try(() => parseOperation(request.operations, each, index)));
  check.finish();
  return {
    workspaceId,
    name,
    description: description ?? null,
    operations: inOrder(operations as EntityOperation[]),
  };
}

function requireCount(operations: number): void {
  const path: InputIssue['path'] = ['input', 'operations'];
  if (operations === 0) throw badInput(path, 'must name at least one operation');
  if (operations > OPERATIONS_MAX) throw badInput(path, `must be at most ${OPERATIONS_MAX}`);
}

function parseOperation(
  all: readonly EntityOperationRequest[],
  { name, role, description }: EntityOperationRequest,
  index: number,
): EntityOperation {
  const path = ['input', 'operations', index];
  if (all.findIndex((other) => other.name === name) < index) {
    throw badInput([...path, 'name'], 'is declared twice');
  }
  const required = role ?? (isBuiltInOperation(name) ? roleForOperation(name) : null);
  if (required === null) {
    throw badInput([...path, 'role'], 'is required for an operation that is not built in');
  }
  return { name, role: required, description: parseDescription(description, [...path, 'description']) };
}
