import { type AccessRequest, builtInEntityId, tokenRoleFor } from '../../domain/authority.ts';
import { type Decision, NOT_FOUND } from '../../domain/decision.ts';
import { isEntityId, isEntityType } from '../../domain/entity-type.ts';
import { badInput } from '../../domain/errors.ts';
import { decodeGlobalId } from '../../domain/global-id.ts';
import type { Principal } from '../../domain/principal.ts';
import { BUILT_IN_OPERATIONS, isBuiltIn, type Operation } from '../../domain/scopes.ts';
import type { Clock } from '../../platform/clock.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { Executor } from '../../storage/database.ts';
import { authorize, type OnScan } from './authorize.ts';

/** The entity id that means every entity of a type. No entity has it, because ids contain no asterisk. */
export const EVERY_ENTITY = '*';

/**
 * The question whether a caller is allowed to do an operation. Ids are global ids, or the opaque ids of a registered
 * type.
 */
export interface AccessCheck {
  readonly operation: Operation;
  readonly entityType: string;
  /** If it is absent or `*`, the check is about every entity of the type. */
  readonly entityId?: string | null | undefined;
  readonly workspaceId?: string | null | undefined;
  /** Whether a check without an entity id is about at least one entity instead of every entity. */
  readonly any?: boolean | undefined;
}

/** Returns whether a check is about every entity of a type. */
export function isAboutEvery({ entityId, any }: AccessCheck): boolean {
  return entityId == null ? !any : entityId === EVERY_ENTITY;
}

/** Converts a check into an access request; `null` if the type, operation or id cannot exist. */
function requestFor(check: AccessCheck): AccessRequest | null {
  const { operation, entityType, any } = check;
  const workspaceId = check.workspaceId == null ? undefined : decodeGlobalId('Workspace', check.workspaceId);
  const entityId = check.entityId === EVERY_ENTITY ? undefined : (check.entityId ?? undefined);
  if (!isBuiltIn(entityType)) {
    if (!isEntityType(entityType) || (entityId !== undefined && !isEntityId(entityId))) return null;
    return { kind: 'entity', operation, entityType, workspaceId, entityId, any };
  }
  if (!BUILT_IN_OPERATIONS[entityType].includes(operation)) return null;
  const id = entityId === undefined ? undefined : builtInEntityId(entityType, entityId);
  if (entityType === 'token') return requestForTokens(operation, id, workspaceId, any);
  // The only workspace inside a workspace is itself.
  const only = entityType === 'workspace' ? workspaceId : undefined;
  return { kind: 'entity', operation, entityType, workspaceId, entityId: id ?? only, any };
}

/** Returns the access request for one token, the caller's personal tokens or the tokens of a workspace. */
function requestForTokens(
  operation: Operation,
  tokenId: string | undefined,
  workspaceId: string | undefined,
  any: boolean | undefined,
): AccessRequest {
  const workspaceRole = tokenRoleFor(operation);
  if (tokenId !== undefined || workspaceId === undefined)
    return { kind: 'token', operation, tokenId, workspaceId, workspaceRole, any };
  // The tokens can have any role, and changing a token requires a role that is not below the token's.
  const changesAll = !any && (operation === 'UPDATE' || operation === 'DELETE');
  return { kind: 'role', role: changesAll ? 'OWNER' : workspaceRole, workspaceId };
}

/** The callbacks that let other requests run between the steps of long access checks. */
export interface Pace {
  /** Called before each check, which starts when the promise resolves. */
  readonly check: (check: AccessCheck) => Promise<void> | undefined;
  readonly scan: OnScan;
}

const CHECKS_MAX = 100;

/** Decides on access by the current data. Methods return a promise only if the decision depends on stored data. */
export interface AccessService {
  /** Returns the decision on an access request, such as that of a field. */
  authorize(principal: Principal, request: AccessRequest): MaybePromise<Decision>;
  /** Returns the decision on a check, by the rules that apply to the operation itself. */
  check(principal: Principal, check: AccessCheck, pace?: Pace): MaybePromise<Decision>;
  /** Returns the decisions on checks, in their order. Throws `BAD_USER_INPUT` if there are more than 100. */
  checkAll(principal: Principal, checks: readonly AccessCheck[], pace?: Pace): Promise<Decision[]>;
  /** Throws `BAD_USER_INPUT` if there are more checks than `checkAll` accepts. */
  requireFew(checks: readonly AccessCheck[]): void;
}

/** Returns the access service of a database. */
export function createAccessService({ db, clock }: { db: Executor; clock: Clock }): AccessService {
  const service: AccessService = {
    authorize: (principal, request) => authorize(db, principal, request, clock()),
    check(principal, check, pace) {
      const request = requestFor(check);
      if (!request) return NOT_FOUND;
      return andThen(pace?.check(check), () => authorize(db, principal, request, clock(), pace?.scan));
    },
    async checkAll(principal, checks, pace) {
      service.requireFew(checks);
      const decisions: Decision[] = [];
      for (const check of checks) decisions.push(await service.check(principal, check, pace));
      return decisions;
    },
    requireFew(checks) {
      if (checks.length > CHECKS_MAX) throw badInput(['checks'], `must be at most ${CHECKS_MAX}`);
    },
  };
  return service;
}
