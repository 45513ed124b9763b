import type { RegisteredEntityType } from '../../domain/entity-type.ts';
import { badInput, failure, inputCheck } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { isBuiltIn, normaliseOperations, type Operation } from '../../domain/scopes.ts';
import { parseDescription } from '../../domain/text.ts';
import type { Executor } from '../../storage/database.ts';
import {
  deleteEntityType,
  listEntityTypes,
  saveEntityType,
} from '../../storage/repositories/entity-types.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

export interface RegisterEntityTypeRequest {
  readonly workspaceId: string;
  /** A slug. */
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly operations: readonly Operation[];
}

/** Manages the entity types that workspaces register for their own services. */
export interface EntityTypeService {
  /** Returns the types of a workspace that the caller is allowed to read, by name. */
  list(workspaceId: string): Promise<RegisteredEntityType[]>;
  /** Registers a type; replaces a registration of the same name. Throws `BAD_USER_INPUT` or `LIMIT_REACHED`. */
  register(uow: UnitOfWork, request: RegisterEntityTypeRequest): Promise<RegisteredEntityType>;
  /** Deletes a registration. Scopes of the type remain and grant nothing. Throws `NOT_FOUND`. */
  unregister(uow: UnitOfWork, workspaceId: string, name: string): Promise<void>;
}

/** Returns the entity type service. */
export function createEntityTypeService(deps: { db: Executor; limits: Limits }): EntityTypeService {
  const { db, limits } = deps;

  async function requireBelowLimit(
    uow: UnitOfWork,
    { workspaceId, name }: RegisteredEntityType,
  ): Promise<void> {
    const types = await listEntityTypes(uow.tx, workspaceId);
    if (types.length < limits.entityTypesPerWorkspace || types.some((type) => type.name === name)) return;
    throw failure(
      'LIMIT_REACHED',
      `A workspace can register at most ${limits.entityTypesPerWorkspace} entity types. Unregister some first.`,
    );
  }

  return {
    list: (workspaceId) => listEntityTypes(db, workspaceId),

    async register(uow, request) {
      const type = parseType(request);
      await requireBelowLimit(uow, type);
      await saveEntityType(uow.tx, type);
      await auditType(uow, 'entity_type.registered', type.workspaceId, {
        name: type.name,
        operations: type.operations,
      });
      return type;
    },

    async unregister(uow, workspaceId, name) {
      if (!(await deleteEntityType(uow.tx, workspaceId, name))) throw failure('NOT_FOUND');
      await auditType(uow, 'entity_type.unregistered', workspaceId, { name });
    },
  };
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
  const { workspaceId, name, operations } = request;
  const check = inputCheck();
  const description = check.try(() => parseDescription(request.description, ['input', 'description']));
  check.try(() => {
    if (isBuiltIn(name)) throw badInput(['input', 'name'], 'is a built-in entity type');
    if (operations.length === 0) throw badInput(['input', 'operations'], 'must name at least one operation');
  });
  check.finish();
  return { workspaceId, name, description: description ?? null, operations: normaliseOperations(operations) };
}
